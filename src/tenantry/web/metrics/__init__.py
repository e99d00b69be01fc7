"""What monitoring reads: ``/metrics``."""

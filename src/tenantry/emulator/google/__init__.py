"""Google, emulated: sign-in, Directory, Reseller, Cloud Channel and License Manager."""

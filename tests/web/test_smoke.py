from tests.web.stage import Customer, customers


def test_smoke(cast, stage):
    run = stage.sync([*customers(3), Customer("東京電子株式会社", "tokyo.jp", "JP", contact="", email="")])
    c = cast.client("owner")
    pk = stage.pending(name="Customer 0001").pk
    for url in ["/", "/companies/pending/", f"/companies/pending/{pk}/", "/sync/history/", f"/sync/history/{run.pk}/", f"/sync/history/{run.pk}/?tab=changes", f"/sync/history/{run.pk}/?tab=findings", f"/sync/history/{run.pk}/?tab=steps", f"/sync/history/{run.pk}/progress/", "/settings/data-sync/"]:
        r = c.get(url)
        assert r.status_code == 200, url
    r = cast.client("operator").get("/operator/")
    assert r.status_code == 200
    r = cast.client("anonymous").get("/account/sign-in/")
    assert r.status_code == 200

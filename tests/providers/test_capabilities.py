from tenantry.providers.capabilities import CAPABILITIES, Ability, PeopleApi, Telling, choose_microsoft_api


def test_every_api_says_of_every_ability_how_it_is_told_in_a_sentence() -> None:
    for api in PeopleApi:
        assert set(CAPABILITIES[api]) == set(Ability)
        assert all(each.sentence.endswith(".") for each in CAPABILITIES[api].values())


def test_the_partner_center_tells_no_address_and_no_state() -> None:
    told = CAPABILITIES[PeopleApi.PARTNER_CENTER]
    untold = {ability for ability, each in told.items() if not each.is_told}
    assert {Ability.EMAIL, Ability.ALIASES, Ability.ENABLED, Ability.GUESTS, Ability.CHANGES} <= untold
    assert told[Ability.LICENCES].telling is Telling.PER_PERSON


def test_graph_is_taken_where_it_is_open_and_the_reason_says_so() -> None:
    assert choose_microsoft_api({}).api is PeopleApi.GRAPH
    choice = choose_microsoft_api({PeopleApi.GRAPH: "consent is missing."}, [Ability.EMAIL, Ability.NAMES])
    assert choice.api is PeopleApi.PARTNER_CENTER
    assert "consent is missing." in choice.reason
    assert "no e-mail" in choice.reason
    assert "First and last name" not in choice.reason

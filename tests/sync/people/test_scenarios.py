"""What happens to people of Microsoft's directories, day after day: state and history right after each."""

from tests.sync.people.stage import PeopleStage


def test_everybody_in_the_scope_comes_in_once_and_a_second_run_changes_nothing(stage: PeopleStage) -> None:
    company = stage.add(1)
    run = stage.run()
    assert (run.state, run.suspect, run.complete) == ("done", "", True)
    assert stage.changes(run) == {"create applied": 6}
    people = [one for one in stage.members(company) if one.origin == "sync"]
    assert len({one.user.email for one in people}) == 6
    assert {(one.role, one.state) for one in people} == {("user", "active")}
    again = stage.next_day()
    assert (stage.changes(again), again.counters["people_unchanged"], again.suspect) == ({}, 6, "")
    assert again.note == "Nothing changed since the last run: 0 changes."

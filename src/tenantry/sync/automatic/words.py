"""Why a rule does not create a company, in words: for pages, filters and changes."""

from collections.abc import Mapping

from tenantry.core.planning.creation import AutomaticProblem

# Short, for lists and filters.
AUTOMATIC_WORDS: Mapping[str, str] = {
    AutomaticProblem.DECIDED_BY_HAND.value: "decided on by a person before",
    AutomaticProblem.RESERVED.value: "reserved by a request to connect",
    AutomaticProblem.LOOKS_LIKE_COMPANY.value: "looks like a company that is here",
    AutomaticProblem.HAS_PROBLEM.value: "has a problem of its own",
    AutomaticProblem.CONTACT_SHARED.value: "contact shared with another tenant",
    AutomaticProblem.CONTACT_OF_STAFF.value: "contact is of the staff or the partner",
    AutomaticProblem.CONTACT_UNCONFIRMED.value: "contact's address may have no mailbox",
}

# Those that lists show beside a row's own problems, which has a word of its own there.
SHOWN_WORDS: Mapping[str, str] = {
    code: word for code, word in AUTOMATIC_WORDS.items() if code != AutomaticProblem.HAS_PROBLEM
}

# What a person does about it.
AUTOMATIC_ADVICE: Mapping[str, str] = {
    AutomaticProblem.DECIDED_BY_HAND.value: (
        "A person ignored, undid, rejected or reopened it. No rule touches it again: create, link or ignore it by hand."
    ),
    AutomaticProblem.RESERVED.value: (
        "A company asked to be connected to this tenant. It is linked to that company as soon as it can be."
    ),
    AutomaticProblem.LOOKS_LIKE_COMPANY.value: (
        "To link it, switch automatic creation off. Or create it by hand if it is another company."
    ),
    AutomaticProblem.HAS_PROBLEM.value: (
        "Mend the problem at the provider: then the next sync creates it. Or create it by hand."
    ),
    AutomaticProblem.CONTACT_SHARED.value: (
        "The contact would become administrator of several companies. Create it by hand if that is right."
    ),
    AutomaticProblem.CONTACT_OF_STAFF.value: (
        "The contact would become administrator of a customer. Create it by hand with the customer's own contact."
    ),
    AutomaticProblem.CONTACT_UNCONFIRMED.value: (
        "It looks like a user name at Microsoft, which no rule writes to unless a person confirmed it. Create the "
        "company by hand without inviting, then invite the person from its page, where you confirm the address."
    ),
}

"""The sign-ins that a visitor of the demonstration is given: one for each role, and a second family."""

from core.permissions import Role

PASSWORD = "tuoyu-demo-2026"  # noqa: S105 -- for made-up people; load_city refuses to run where it is not wanted

LOGINS: dict[str, Role] = {
    "city": Role.CITY_REGULATOR,
    "county": Role.COUNTY_REGULATOR,
    "town": Role.TOWN_REGULATOR,
    "auditor": Role.AUDITOR,
    "assessor": Role.ASSESSOR,
    "trainer": Role.TRAINER,
    "director": Role.DIRECTOR,
    "carer": Role.CARER,
    "health": Role.HEALTH_WORKER,
    "clerk": Role.CLERK,
    "doctor": Role.CLINIC_DOCTOR,
    "parent": Role.GUARDIAN,
    "parent2": Role.GUARDIAN,
    "grandma": Role.RELATIVE,
    "admin": Role.PLATFORM_ADMIN,
}

"""An application takes only the steps that institution.admissions allows, and refers to rows of its own nursery only."""

from django.db import migrations

from core.tenancy import same_institution

# As institution.admissions.NEXT at this point; a test holds the trigger against it.
STEPS = """
CREATE FUNCTION institution_application_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (NEW.state = ANY(CASE OLD.state
        WHEN 'enquiry' THEN '{visit,applied,withdrawn,declined}'
        WHEN 'visit' THEN '{enquiry,applied,withdrawn,declined}'
        WHEN 'applied' THEN '{waiting,offered,withdrawn,declined}'
        WHEN 'waiting' THEN '{offered,withdrawn,declined}'
        WHEN 'offered' THEN '{waiting,contracted,withdrawn}'
        WHEN 'contracted' THEN '{started,withdrawn}'
        WHEN 'started' THEN '{left}'
        WHEN 'withdrawn' THEN '{applied}'
        WHEN 'declined' THEN '{applied}'
        ELSE '{}' END::text[])) THEN
        RAISE EXCEPTION 'an application does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'institution_application_step';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER institution_application_step BEFORE UPDATE OF state ON institution_application
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION institution_application_step();
"""
NO_STEPS = """
DROP TRIGGER institution_application_step ON institution_application;
DROP FUNCTION institution_application_step();
"""


class Migration(migrations.Migration):
    dependencies = [("institution", "0046_admission")]

    operations = [
        migrations.RunSQL(STEPS, NO_STEPS),
        same_institution(
            "institution_applicationstep", "application_id", "institution_application"
        ),
        same_institution("institution_offer", "application_id", "institution_application"),
        same_institution("institution_offer", "class_group_id", "institution_classgroup"),
        same_institution("institution_contract", "application_id", "institution_application"),
        same_institution("institution_contract", "class_group_id", "institution_classgroup"),
    ]

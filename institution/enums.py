from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ClassType(TextChoices):
    """institution_rules.json, class_types (托育机构设置标准 articles 19 and 20)."""

    INFANT = "infant", _("Infant class")
    TODDLER_SMALL = "toddler_small", _("Younger toddler class")
    TODDLER_BIG = "toddler_big", _("Older toddler class")
    MIXED = "mixed", _("Mixed-age class")


class OperationMode(TextChoices):
    PUBLIC_PUBLIC = "public_public", _("Publicly built and run")
    PUBLIC_PRIVATE = "public_private", _("Publicly built, privately run")
    PRIVATE_SUPPORTED = "private_supported", _("Private with public support")
    PRIVATE = "private", _("Private")


class InstitutionForm(TextChoices):
    CENTRE = "centre", _("Childcare centre")
    COMMUNITY = "community", _("Community site")
    EMPLOYER = "employer", _("Employer-run")
    KINDERGARTEN = "kindergarten", _("Kindergarten nursery class")
    MEDICAL = "medical", _("Run by a medical institution")
    FAMILY = "family", _("Family site")


class InstitutionNature(TextChoices):
    """As it is registered (托育机构登记和备案办法): institution_rules.json, org_nature."""

    PUBLIC = "public", _("Public institution")
    SOCIAL = "social", _("Social service organisation, not for profit")
    COMPANY = "company", _("Company or trader, for profit")


class ServiceMode(TextChoices):
    FULL_DAY = "full_day", _("Full day")
    HALF_DAY = "half_day", _("Half day")
    HOURLY = "hourly", _("By the hour")
    TEMPORARY = "temporary", _("Now and then")
    BOARDING = "boarding", _("Boarding")


class FeeUnit(TextChoices):
    MONTH = "month", _("a month")
    DAY = "day", _("a day")
    HOUR = "hour", _("an hour")


class LicenceKind(TextChoices):
    """What the filing asks for (institution_rules.json, filing), and what it answers with."""

    REGISTRATION = "registration", _("Business licence or other registration")
    SITE = "site", _("Proof of the site")
    HEALTH = "health", _("Health assessment report")
    FIRE = "fire", _("Fire safety certificate")
    FOOD = "food", _("Food business licence")
    PLEDGE = "pledge", _("Filing form with pledge")
    RECEIPT = "receipt", _("Receipt of filing")
    OTHER = "other", _("Another document")


class LicenceState(TextChoices):
    VALID = "valid", _("Valid")
    EXPIRING = "expiring", _("Expires soon")
    EXPIRED = "expired", _("Expired")


class SiteRuleCode(TextChoices):
    """What a rule of the site limits. `licence_...` asks for a document of that kind."""

    LOWEST_STOREY = "lowest_storey", _("Lowest floor")
    HIGHEST_STOREY = "highest_storey", _("Highest floor")
    FLOOR_AREA = "floor_area", _("Floor area for each place")
    OUTDOOR_AREA = "outdoor_area", _("Outdoor area for each place")
    PLACES = "places", _("Places")
    ROOM_AREA = "room_area", _("Area of a class's rooms for each place")
    FEES = "fees", _("A fee for each way of service")
    LICENCE_REGISTRATION = "licence_registration", LicenceKind.REGISTRATION.label
    LICENCE_SITE = "licence_site", LicenceKind.SITE.label
    LICENCE_HEALTH = "licence_health", LicenceKind.HEALTH.label
    LICENCE_FIRE = "licence_fire", LicenceKind.FIRE.label
    LICENCE_FOOD = "licence_food", LicenceKind.FOOD.label
    LICENCE_PLEDGE = "licence_pledge", LicenceKind.PLEDGE.label


class InstitutionStatus(TextChoices):
    OPEN = "open", _("Open")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


class Sex(TextChoices):
    MALE = "male", _("Boy")
    FEMALE = "female", _("Girl")


class Relation(TextChoices):
    MOTHER = "mother", _("Mother")
    FATHER = "father", _("Father")
    GRANDMOTHER = "grandmother", _("Grandmother")
    GRANDFATHER = "grandfather", _("Grandfather")
    OTHER = "other", _("Other guardian")


class AllergySeverity(TextChoices):
    MILD = "mild", _("Mild")
    SEVERE = "severe", _("Severe")


class AbsenceReason(TextChoices):
    ILL = "ill", _("Ill")
    PRIVATE = "private", _("Private leave")
    OTHER = "other", _("Other")


class Presence(TextChoices):
    EXPECTED = "expected", _("Expected")
    PRESENT = "present", _("Present")
    LEFT = "left", _("Went home")
    ABSENT = "absent", _("Absent")


class AdmissionState(TextChoices):
    """Where an application stands. Which may follow which: institution.admissions."""

    ENQUIRY = "enquiry", _("Enquiry")
    VISIT = "visit", _("Visit booked")
    APPLIED = "applied", _("Applied")
    WAITING = "waiting", _("Waiting list")
    OFFERED = "offered", _("Place offered")
    CONTRACTED = "contracted", _("Contract signed")
    STARTED = "started", _("Started")
    LEFT = "left", _("Left again")
    WITHDRAWN = "withdrawn", _("Withdrawn by the family")
    DECLINED = "declined", _("Declined by the nursery")


class AdmissionSource(TextChoices):
    WALK_IN = "walk_in", _("Came by")
    PHONE = "phone", _("Called")
    ONLINE = "online", _("Found online")
    RECOMMENDED = "recommended", _("Recommended")
    OTHER = "other", _("Otherwise")


class OfferState(TextChoices):
    """That an open offer has run out is told from its last day."""

    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Taken back")
    EXPIRED = "expired", _("Ran out")


class LeavingReason(TextChoices):
    KINDERGARTEN = "kindergarten", _("Goes to kindergarten")
    MOVED = "moved", _("Family moved away")
    OTHER_NURSERY = "other_nursery", _("Goes to another nursery")
    COST = "cost", _("Cost")
    HEALTH = "health", _("Health")
    AT_HOME = "at_home", _("Cared for at home")
    OTHER = "other", _("Another reason")


class Direction(TextChoices):
    """Which way a pass lets somebody take a child."""

    BRING = "bring", _("Bring")
    FETCH = "fetch", _("Fetch")


class PickupRelation(TextChoices):
    GRANDMOTHER = "grandmother", _("Grandmother")
    GRANDFATHER = "grandfather", _("Grandfather")
    RELATIVE = "relative", _("Another relative")
    NANNY = "nanny", _("Nanny")
    FRIEND = "friend", _("Friend or neighbour")


class PassState(TextChoices):
    OPEN = "open", _("Can be shown")
    USED = "used", _("Used")
    EXPIRED = "expired", _("Expired")
    ENDED = "ended", _("Taken back")


class AlertKind(TextChoices):
    """What an alert can be about. Who is on duty for each, and how grave it is, says institution.alert_kinds."""

    RATIO_BREACH = "ratio_breach", _("Too few carers")
    LATE_PICKUP = "late_pickup", _("Late pick-up")
    UNKNOWN_PERSON = "unknown_person", _("Unknown person at pick-up")
    SICK_ABSENCE_OPEN = "sick_absence_open", _("Sick absence to follow up")
    CERTIFICATE_EXPIRING = "certificate_expiring", _("Certificate runs out")
    DOUBLE_EMPLOYMENT = "double_employment", _("Employed in two institutions")
    OVER_CAPACITY = "over_capacity", _("More children than places")
    LEDGER_LATE = "ledger_late", _("Safety ledger is late")
    SERIOUS_INCIDENT = "serious_incident", _("Serious incident to report")
    REPORT_OVERDUE = "report_overdue", _("Report to the authority overdue")
    INCIDENT_UNREAD = "incident_unread", _("Incident not acknowledged by the family")


class AlertSeverity(TextChoices):
    CRITICAL = "critical", _("Critical")
    HIGH = "high", _("High")
    NORMAL = "normal", _("Normal")


class AlertState(TextChoices):
    OPEN = "open", pgettext_lazy("alert", "Open")
    TAKEN = "taken", _("In hand")
    CLOSED = "closed", pgettext_lazy("alert", "Closed")


class AlertOutcome(TextChoices):
    """`ended` is never chosen: what raised the alert is over."""

    RESOLVED = "resolved", _("Resolved")
    FALSE_ALARM = "false_alarm", _("False alarm")
    REFERRED = "referred", _("Passed on")
    ENDED = "ended", _("Ended by itself")


class AlertLevel(IntegerChoices):
    """Whom an alert has reached. A regulator's level would come after the director's."""

    DUTY = 0, _("On duty")
    DIRECTOR = 1, _("Director")


class PushAbout(TextChoices):
    """What somebody's phone is told of. The text lies in the platform, behind its walls."""

    ALERT = "alert", _("Alert")
    MESSAGE = "message", _("Message")
    NOTICE = "notice", _("Notice")
    INCIDENT = "incident", _("Incident")


class IncidentKind(TextChoices):
    FALL = "fall", _("Fall or bump")
    BITE = "bite", _("Bite or scratch")
    BURN = "burn", _("Burn or scald")
    INGESTION = "ingestion", _("Swallowed or breathed in something")
    ALLERGY = "allergy", _("Allergic reaction")
    LOST = "lost", _("Child out of sight")
    OTHER = "other", _("Something else")


class IncidentGravity(TextChoices):
    MINOR = "minor", _("Minor, cared for here")
    MEDICAL = "medical", _("Seen by a doctor")
    SERIOUS = "serious", _("Serious")


class IncidentState(TextChoices):
    DRAFT = "draft", _("Draft")
    REVIEW = "review", _("In review")
    SHARED = "shared", _("With the family")
    CLOSED = "closed", pgettext_lazy("incident", "Closed")


class IncidentAct(TextChoices):
    """What a step in the course of an incident was."""

    WRITTEN = "written", _("Written down")
    SUBMITTED = "submitted", _("Sent to review")
    SENT_BACK = "sent_back", _("Sent back")
    CORRECTED = "corrected", _("Corrected")
    APPROVED = "approved", _("Approved and shown to the family")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged by the family")
    REPORTED = "reported", _("Reported to the authority")
    CLOSED = "closed", pgettext_lazy("incident", "Closed")


class BodyPart(TextChoices):
    """Regions of the body map; left and right are the child's own."""

    FOREHEAD = "forehead", pgettext_lazy("body", "Forehead")
    FACE = "face", _("Face and mouth")
    CHEST = "chest", _("Chest")
    BELLY = "belly", _("Belly")
    HIPS = "hips", _("Hips")
    ARM_R = "arm_r", _("Right arm")
    ARM_L = "arm_l", _("Left arm")
    HAND_R = "hand_r", _("Right hand")
    HAND_L = "hand_l", _("Left hand")
    LEG_R = "leg_r", _("Right leg")
    LEG_L = "leg_l", _("Left leg")
    FOOT_R = "foot_r", _("Right foot")
    FOOT_L = "foot_l", _("Left foot")
    CROWN = "crown", _("Back of the head")
    NAPE = "nape", _("Neck, from behind")
    UPPER_BACK = "upper_back", _("Upper back")
    LOWER_BACK = "lower_back", _("Lower back")
    BUTTOCKS = "buttocks", _("Buttocks")
    ARM_L_BACK = "arm_l_back", _("Left arm, from behind")
    ARM_R_BACK = "arm_r_back", _("Right arm, from behind")
    HAND_L_BACK = "hand_l_back", _("Back of the left hand")
    HAND_R_BACK = "hand_r_back", _("Back of the right hand")
    LEG_L_BACK = "leg_l_back", _("Left leg, from behind")
    LEG_R_BACK = "leg_r_back", _("Right leg, from behind")
    HEEL_L = "heel_l", _("Left heel")
    HEEL_R = "heel_r", _("Right heel")


class Symptom(TextChoices):
    """What a health worker asks for (health_care_rules.json, infectious_reporting R1 and R3)."""

    FEVER = "fever", _("Fever")
    COUGH = "cough", _("Cough")
    RASH = "rash", _("Rash")
    DIARRHOEA = "diarrhoea", _("Diarrhoea")
    VOMITING = "vomiting", _("Vomiting")
    JAUNDICE = "jaundice", _("Jaundice")
    EYE = "eye", _("Red eyes")
    INJURY = "injury", _("Injury")
    OTHER = "other", _("Other")


class AbsenceClose(TextChoices):
    RECOVERED = "recovered", _("Recovered")
    CERTIFICATE = "certificate", _("Recovered, certificate seen")
    LEFT = "left", _("Left the nursery")
    MISTAKE = "mistake", _("Entered by mistake")


class Side(TextChoices):
    """Who writes in a thread: the guardians of the child, or its nursery."""

    FAMILY = "family", _("Family")
    STAFF = "staff", _("Nursery")


class StaffPost(TextChoices):
    """What a person does at a nursery (institution_rules.json, staff). The first four also open the platform."""

    DIRECTOR = "director", _("Director")
    CARER = "carer", _("Carer")
    HEALTH_WORKER = "health_worker", _("Health worker")
    CLERK = "clerk", _("Clerk")
    COOK = "cook", _("Cook")
    GUARD = "guard", _("Guard")
    OTHER = "other", _("Another post")


class Employment(TextChoices):
    FULL_TIME = "full_time", _("Full time")
    PART_TIME = "part_time", _("Part time")


class ContractKind(TextChoices):
    FIXED = "fixed", _("Labour contract for a term")
    OPEN = "open", _("Labour contract without an end")
    SERVICE = "service", _("Service agreement")
    DISPATCH = "dispatch", _("Sent by a company")
    PUBLIC = "public", _("Post in public service")


class Education(TextChoices):
    JUNIOR = "junior", _("Junior high school or less")
    SENIOR = "senior", _("Senior high or vocational school")
    COLLEGE = "college", _("College")
    BACHELOR = "bachelor", _("Bachelor")
    MASTER = "master", _("Master or higher")


class StaffLeaveKind(TextChoices):
    ANNUAL = "annual", _("Annual leave")
    ILL = "ill", _("Ill")
    PRIVATE = "private", _("Private leave")
    MATERNITY = "maternity", _("Maternity leave")
    TRAINING = "training", _("Training")
    OTHER = "other", _("Other")


class LeaveState(TextChoices):
    ASKED = "asked", _("Asked for")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Not granted")


class ClosureReason(TextChoices):
    BREAK = "break", _("Nursery holidays")
    ILLNESS = "illness", _("Infectious illness")
    WEATHER = "weather", _("Severe weather")
    REPAIR = "repair", _("Repairs")
    TRAINING = "training", _("Training of the staff")
    ORDER = "order", _("Order of an authority")
    OTHER = "other", _("Other")


class RoomPurpose(TextChoices):
    CARE = "care", _("Group room")
    SLEEP = "sleep", _("Sleeping room")
    WASH = "wash", _("Washroom")
    KITCHEN = "kitchen", _("Kitchen")
    HEALTH = "health", _("Health room")
    NURSING = "nursing", _("Nursing room")
    OFFICE = "office", _("Office")
    OUTDOOR = "outdoor", _("Outdoor ground")
    OTHER = "other", _("Other")


class LedgerKind(TextChoices):
    """The health-and-safety ledgers. What an entry of each carries says institution.ledgers."""

    DISINFECTION = "disinfection", _("Disinfection")
    EQUIPMENT = "equipment", _("Equipment")
    FIRE = "fire", _("Fire safety")
    DRILL = "drill", _("Drills")
    VISITOR = "visitor", _("Visitors")
    HAZARD = "hazard", _("Hazards")


class LedgerRepeat(TextChoices):
    """How often something is due. Of a week, month or quarter it counts on whichever day of it it was done."""

    DAYS = "days", _("Every so many days")
    WEEKLY = "weekly", _("Every week, until a weekday")
    MONTHLY = "monthly", _("Every month, until its last day")
    QUARTERLY = "quarterly", _("Every quarter, until its last day")
    NEVER = "never", _("Not due any more")


class AgeBand(TextChoices):
    """Whom a portion is for, as the feeding guide divides the ages (feeding_nutrition.json)."""

    M6 = "m6", _("6 to 11 months")
    M12 = "m12", _("12 to 23 months")
    M24 = "m24", _("24 months and older")


class Texture(TextChoices):
    PUREE = "puree", _("Puree")
    MASHED = "mashed", _("Mashed, with small grains")
    LUMPS = "lumps", _("Small soft pieces")
    SOFT = "soft", _("Soft, cut small")
    FAMILY = "family", _("Close to family food")


class FoodMark(TextChoices):
    """What an ingredient is or holds, so far as somebody must not eat it. The first eight are GB 7718's allergens."""

    MILK = "milk", pgettext_lazy("food", "Milk")
    EGG = "egg", pgettext_lazy("food", "Egg")
    PEANUT = "peanut", pgettext_lazy("food", "Peanut")
    NUT = "nut", pgettext_lazy("food", "Nuts")
    WHEAT = "wheat", pgettext_lazy("food", "Wheat")
    SOY = "soy", pgettext_lazy("food", "Soy")
    FISH = "fish", pgettext_lazy("food", "Fish")
    CRUSTACEAN = "crustacean", pgettext_lazy("food", "Shrimp and crab")
    PORK = "pork", pgettext_lazy("food", "Pork")
    BEEF = "beef", pgettext_lazy("food", "Beef and mutton")
    POULTRY = "poultry", pgettext_lazy("food", "Poultry")


class Nutrient(TextChoices):
    """What is reckoned of a menu. Each is a column of an ingredient, for 100 g of its edible part."""

    ENERGY = "energy_kcal", _("Energy, kcal")
    PROTEIN = "protein_g", _("Protein, g")
    FAT = "fat_g", _("Fat, g")
    CARBOHYDRATE = "carb_g", _("Carbohydrate, g")
    CALCIUM = "ca_mg", _("Calcium, mg")
    IRON = "fe_mg", _("Iron, mg")
    ZINC = "zn_mg", _("Zinc, mg")
    VITAMIN_A = "vit_a_ug", _("Vitamin A, µg RAE")
    VITAMIN_B1 = "vit_b1_mg", _("Vitamin B1, mg")
    VITAMIN_B2 = "vit_b2_mg", _("Vitamin B2, mg")
    VITAMIN_C = "vit_c_mg", _("Vitamin C, mg")


class MealTime(TextChoices):
    BREAKFAST = "breakfast", _("Breakfast")
    MORNING_SNACK = "morning_snack", _("Morning snack")
    LUNCH = "lunch", _("Lunch")
    AFTERNOON_SNACK = "afternoon_snack", _("Afternoon snack")
    DINNER = "dinner", _("Dinner")


class Confidence(TextChoices):
    """How sure a figure is that was taken from a text."""

    HIGH = "high", _("high")
    MEDIUM_HIGH = "medium-high", _("rather high")
    MEDIUM = "medium", _("medium")
    LOW = "low", _("low")


class DietCode(TextChoices):
    """What a child must not be given: an allergen, or what its family does not eat."""

    MILK = "milk", FoodMark.MILK.label
    EGG = "egg", FoodMark.EGG.label
    PEANUT = "peanut", FoodMark.PEANUT.label
    NUT = "nut", FoodMark.NUT.label
    WHEAT = "wheat", FoodMark.WHEAT.label
    SOY = "soy", FoodMark.SOY.label
    FISH = "fish", FoodMark.FISH.label
    CRUSTACEAN = "crustacean", FoodMark.CRUSTACEAN.label
    NO_PORK = "no_pork", pgettext_lazy("food", "No pork")
    NO_BEEF = "no_beef", pgettext_lazy("food", "No beef or mutton")
    VEGETARIAN = "vegetarian", pgettext_lazy("food", "Neither meat nor fish")


class MealEntryKind(TextChoices):
    """What a row of the meal ledger is: money that comes in for meals, or goes out for them."""

    FEE = "fee", _("Meal fees")
    GRANT = "grant", _("Subsidy for meals")
    OTHER_IN = "other_in", _("Other income")
    PURCHASE = "purchase", _("Purchase of food")
    REFUND = "refund", _("Meal fees paid back")
    OTHER_OUT = "other_out", _("Other spending")

    @property
    def comes_in(self) -> bool:
        return self in {self.FEE, self.GRANT, self.OTHER_IN}

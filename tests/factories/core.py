import factory

from core.models import Region, RegionPost, User
from core.models.region import RegionLevel
from core.permissions import Role

PASSWORD = "a long enough password"  # of every made-up user


class RegionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Region

    code = factory.Sequence(lambda n: f"3799{n:02d}")
    name = factory.Sequence(lambda n: f"第{n}区")
    short_name = factory.SelfAttribute("name")
    level = RegionLevel.COUNTY
    parent = None
    path = factory.LazyAttribute(
        lambda region: f"{region.parent.path if region.parent else ''}{region.code}/"
    )


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.Sequence(lambda n: f"用户{n}")
    password = factory.django.Password(PASSWORD)


class RegionPostFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RegionPost

    user = factory.SubFactory(UserFactory)
    region = factory.SubFactory(RegionFactory)
    role = Role.COUNTY_REGULATOR

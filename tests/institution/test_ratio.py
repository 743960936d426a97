"""Staff presence, and the truth about children to carers that follows from it."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from freezegun import freeze_time

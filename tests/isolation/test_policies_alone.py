"""The leak tests and the matrix once more with `visible_to` switched off: the policies alone must hold (T3)."""

import pytest

from tests.leak.test_leak import (  # noqa: F401 -- collected here again
    test_no_row_of_b_is_there_for_the_people_of_a,
    test_nobody_of_a_reads_a_word_of_b,
    test_photos_open_only_for_those_who_may_see_them,
    test_regulators_read_no_name_of_a_child,
    test_strangers_read_no_private_word_of_either,
    test_the_people_of_b_do_read_them,
    world,
)
from tests.permissions.test_matrix import (  # noqa: F401
    built,
    city,
    everybody,
    test_own_objects_are_there_and_foreign_ones_are_not,
)

pytestmark = pytest.mark.usefixtures("without_visible_to")

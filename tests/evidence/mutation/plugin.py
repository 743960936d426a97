"""`pytest -p tests.evidence.mutation.plugin` with MUTANT=path:line:column: the tests run against that mutant."""

import os

from tests.evidence.mutation.mutants import mutants, plant

if wanted := os.environ.get("MUTANT"):
    plant(next(mutant for mutant in mutants() if str(mutant) == wanted))

from training.models.certificate import Certificate, CertificateType
from training.models.training_record import TrainingRecord

__all__ = ["Certificate", "CertificateType", "TrainingRecord"]

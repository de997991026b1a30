from allauth.account.models import EmailAddress
from django.contrib.auth.management.commands import createsuperuser

from portal import access, services
from portal.models import User


class Command(createsuperuser.Command):
    help = "Makes the first administrator, with a verified e-mail, so that he can sign in at once."

    def handle(self, *args, **options):
        before = set(User.objects.filter(is_superuser=True).values_list("pk", flat=True))
        super().handle(*args, **options)
        for user in User.objects.filter(is_superuser=True).exclude(pk__in=before):
            EmailAddress.objects.get_or_create(
                user=user, email=user.email, defaults={"verified": True, "primary": True}
            )
            services.grant_role(user=user, role=access.Role.ADMINISTRATOR, by=None)

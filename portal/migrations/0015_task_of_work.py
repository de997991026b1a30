from django.db import migrations, models


def give_them_their_kind(apps, schema_editor):
    """Open tasks about work outside sessions had borrowed the kind of what two people decide."""
    for task in apps.get_model("portal", "StaffTask").objects.filter(
        kind="to_confirm", done_at=None, url__endswith="#work"
    ):
        task.kind = "work_to_confirm"
        task.dedupe_key = f"work_{task.dedupe_key}"
        task.save(update_fields=["kind", "dedupe_key"])


class Migration(migrations.Migration):

    dependencies = [
        ('portal', '0014_imports'),
    ]

    operations = [
        migrations.AlterField(
            model_name='stafftask',
            name='kind',
            field=models.CharField(choices=[('duplicate_person', 'The same identification number came from another account'), ('booking_released', 'A mentor is no longer cleared: his visit was released'), ('partner_left', 'A mentor in his first visits has no experienced mentor beside him any more'), ('referee_declined', 'A referee cannot give a reference'), ('reference_concern', 'A reference names a reason not to work with children'), ('check_failed', 'A check failed: the safeguarding lead decides what follows'), ('withdrawn', 'The applicant withdrew'), ('new_application', 'A new application has come in'), ('info_answered', 'The applicant has answered'), ('lapsed', 'Closed because the applicant did not answer'), ('hold', 'A case is on hold and waits for the safeguarding lead'), ('to_confirm', 'Something proposed waits for a second person'), ('notice_over', 'The applicant answered a notice of refusal, or his days are over'), ('appeal', 'An appeal against a refusal'), ('deferral_over', 'A deferred applicant continues'), ('concern', 'A concern was raised'), ('disclosure', 'A self-declaration needs the safeguarding lead'), ('referee_bounced', 'A letter to a referee came back, or the link is out of date'), ('review_due', 'An entry of the do-not-engage list is to be looked at again'), ('interest', 'Somebody asks to be called back'), ('no_supervisor', 'A mentor has no supervisor'), ('left', 'A mentor has left the programme'), ('renewal', 'A renewal has come in'), ('without_owner', 'A case has no coordinator any more'), ('check_in', "A supervisor's check-in needs attention"), ('membership', 'An organisation does not know somebody who named it'), ('return', 'Somebody who may not apply again has tried to'), ('session_request', 'A school asks for a session'), ('request_answered', 'A school has answered'), ('not_confirmed_again', 'A mentor has not said again whether he comes'), ('at_risk', 'A session of the coming day lacks adults'), ('attendance_missing', 'A school has not said who came'), ('work_to_confirm', 'A mentor has written down work outside sessions'), ('late_cancel', 'A mentor cancelled close to the visit'), ('clash', 'A changed session meets another visit of its mentor'), ('page_review', 'A text of the site is to be read again'), ('no_lessons', 'Published sessions fall on days without lessons'), ('log_broken', 'The log does not fit: something was changed or taken away')], max_length=32),
        ),
        migrations.RunPython(give_them_their_kind, migrations.RunPython.noop),
    ]

"""What `load_demo` loads: templates by simulated agent, and a history of calls. Data only."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class DemoTemplate:
    """`agent` is the agent's name at the simulator; `data_points` as the contract's DataPoint takes them."""

    name: str
    agent: str
    greeting: str
    prompt: str
    additional_data: dict[str, str]
    overrides: dict[str, Any]
    data_points: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class DemoCall:
    """One past call. `hours_ago` it was requested; `turns` are (speaker, text), agent first."""

    template: str
    person_name: str
    number: str
    values: dict[str, str]
    hours_ago: float
    outcome: str
    duration_seconds: int = 0
    ended_by: str = ""
    ended_reason: str = ""
    summary: str = ""
    extracted: dict[str, Any] = field(default_factory=dict)
    turns: tuple[tuple[str, str], ...] = ()


APPOINTMENT = "Appointment reminder"
PAYMENT = "EMI payment reminder"
VIEWING = "Property viewing confirmation"

TEMPLATES = (
    DemoTemplate(
        name=APPOINTMENT,
        agent="Clinic reception",
        greeting=(
            "Hello {{ person_name | there }}, this is the reception of {{ clinic_name | City Dental Clinic }}. "
            "I am an automated assistant. You have an appointment on {{ appointment_date }} "
            "at {{ appointment_time }}. Can you still make it?"
        ),
        prompt=(
            "You call on behalf of {{ clinic_name | City Dental Clinic }} to confirm the appointment of "
            "{{ person_name | the patient }} with {{ doctor_name | the dentist }} on {{ appointment_date }} at "
            "{{ appointment_time }}.\n\n"
            "1. Find out whether the person comes. Be brief and friendly.\n"
            "2. If they cannot come, ask which day and which part of the day would suit, and say that the "
            "reception will ring back to agree on a time. Do not promise a slot.\n"
            "3. If somebody else answers, do not mention the appointment; ask when the person can be reached.\n"
            "4. Give no medical advice. In an emergency tell them to ring 112.\n"
            "5. If they ask not to be called again, apologise, say it will be noted, and end the call."
        ),
        additional_data={"purpose": "appointment_reminder", "reception_hours": "Mon-Sat 9:00-19:00"},
        overrides={
            "max_call_duration_seconds": 180,
            "enable_callback": True,
            "retry_enabled": True,
            "retry_max_attempts": 2,
            "retry_interval_minutes": 60,
        },
        data_points=(
            {
                "key": "confirmed",
                "description": "Does the person come to the appointment?",
                "required": True,
                "output_format": "yes or no",
            },
            {
                "key": "preferred_time",
                "description": "If not: which day and part of the day would suit instead?",
                "required": False,
                "output_format": "date and time",
            },
            {
                "key": "note_for_clinic",
                "description": "Anything the clinic should know before the visit.",
                "required": False,
            },
        ),
    ),
    DemoTemplate(
        name=PAYMENT,
        agent="Loan repayment reminders",
        greeting=(
            "Hello, am I speaking with {{ person_name }}? This is an automated call from "
            "{{ lender_name | Sahyog Finance }}."
        ),
        prompt=(
            "You remind {{ person_name }} of the instalment of {{ amount_due }} rupees for the loan ending in "
            "{{ loan_last_digits }}, due on {{ due_date }}.\n\n"
            "1. First make sure that you speak with {{ person_name }}. If not, do not mention the loan to "
            "anybody; ask when to ring again and end the call.\n"
            "2. Say the amount and the due date. Ask whether the payment was made, or on which day it will be.\n"
            "3. If they cannot pay, ask for the reason in a sentence and offer that a colleague rings back. "
            "Never threaten, never argue, never take card or bank details.\n"
            "4. If they dispute the amount, note it and say that a colleague will look into it.\n"
            "5. If they ask not to be called again, say it will be noted and end the call."
        ),
        additional_data={"purpose": "payment_reminder", "help_line": "the number on the loan statement"},
        overrides={
            "max_call_duration_seconds": 240,
            "enable_callback": True,
            "retry_enabled": False,
            "retry_max_attempts": None,
            "retry_interval_minutes": None,
        },
        data_points=(
            {
                "key": "right_person",
                "description": "Was the call taken by the borrower?",
                "required": True,
                "output_format": "yes or no",
            },
            {
                "key": "will_pay_on",
                "description": "On which day does the person say they will pay, or have they paid already?",
                "required": True,
                "output_format": "date, or: already paid",
            },
            {
                "key": "reason_for_delay",
                "description": "If they cannot pay on time: the reason in a few words.",
                "required": False,
            },
            {
                "key": "callback_wanted",
                "description": "Does the person want a colleague to ring back?",
                "required": False,
                "output_format": "yes or no",
            },
        ),
    ),
    DemoTemplate(
        name=VIEWING,
        agent="Property viewings",
        greeting=(
            "Hello {{ person_name | there }}, I am calling for {{ agency_name | Green Acre Homes }} about your "
            "viewing of {{ property_name }} on {{ viewing_date }} at {{ viewing_time }}. Does that still suit you?"
        ),
        prompt=(
            "You confirm a property viewing for {{ agency_name | Green Acre Homes }}: {{ property_name }}, "
            "{{ property_address | address sent by message }}, on {{ viewing_date }} at {{ viewing_time }}.\n\n"
            "1. Ask whether the person comes, and how many people will come along.\n"
            "2. If the time does not suit, ask for two other times within the next week.\n"
            "3. If they are no longer interested, thank them and ask for the main reason. Do not persuade.\n"
            "4. Do not discuss the price; say that the adviser on site will."
        ),
        additional_data={"purpose": "viewing_confirmation", "language": "English"},
        overrides={
            "max_call_duration_seconds": 150,
            "enable_callback": None,
            "retry_enabled": True,
            "retry_max_attempts": 1,
            "retry_interval_minutes": 30,
        },
        data_points=(
            {
                "key": "confirmed",
                "description": "Does the person come to the viewing?",
                "required": True,
                "output_format": "yes or no",
            },
            {
                "key": "visitors",
                "description": "How many people will come?",
                "required": False,
                "output_format": "number",
            },
            {
                "key": "other_times",
                "description": "If the time does not suit: two other times within a week.",
                "required": False,
            },
            {
                "key": "reason_lost",
                "description": "If no longer interested: the main reason.",
                "required": False,
            },
        ),
    ),
)

ENDED_BY_AGENT = {"ended_by": "agent", "ended_reason": "assistant-ended-call"}

HISTORY = (
    DemoCall(
        APPOINTMENT,
        "Asha Rao",
        "+919876504110",
        {"appointment_date": "Tuesday", "appointment_time": "10:30"},
        3.2,
        "picked",
        48,
        **ENDED_BY_AGENT,
        summary="The patient confirmed the appointment and will come ten minutes early to fill in a form.",
        extracted={"confirmed": "yes", "preferred_time": None, "note_for_clinic": "Comes ten minutes early"},
        turns=(
            (
                "agent",
                "Hello Asha Rao, this is the reception of City Dental Clinic. I am an automated assistant.",
            ),
            ("agent", "You have an appointment on Tuesday at 10:30. Can you still make it?"),
            ("person", "Yes, I will be there. Is there a form to fill in?"),
            ("agent", "There is a short one. Ten minutes before the appointment is enough."),
            ("person", "Good, I will come early then."),
            ("agent", "Thank you. See you on Tuesday. Goodbye."),
        ),
    ),
    DemoCall(
        APPOINTMENT,
        "Imran Sheikh",
        "+919876504220",
        {"appointment_date": "Tuesday", "appointment_time": "11:15"},
        3.1,
        "picked",
        71,
        **ENDED_BY_AGENT,
        summary="The patient cannot come on Tuesday and asks for Thursday after 5 pm. The reception rings back.",
        extracted={"confirmed": "no", "preferred_time": "Thursday after 17:00", "note_for_clinic": None},
        turns=(
            ("agent", "Hello Imran Sheikh, this is the reception of City Dental Clinic."),
            ("agent", "You have an appointment on Tuesday at 11:15. Can you still make it?"),
            ("person", "No, I am travelling on Tuesday."),
            ("agent", "That is no problem. Which day would suit you instead?"),
            ("person", "Thursday, after five in the evening."),
            (
                "agent",
                "I have noted Thursday after five. The reception will ring you back to agree on a time.",
            ),
            ("person", "Thank you."),
        ),
    ),
    DemoCall(
        APPOINTMENT,
        "Meera Joshi",
        "+919876504301",
        {"appointment_date": "Wednesday", "appointment_time": "09:00"},
        2.4,
        "not_picked",
    ),
    DemoCall(
        APPOINTMENT,
        "Daniel Thomas",
        "+919876504404",
        {"appointment_date": "Wednesday", "appointment_time": "16:45"},
        26.5,
        "voicemail",
        9,
        ended_by="agent",
        ended_reason="voicemail-detected",
    ),
    DemoCall(
        PAYMENT,
        "Kavita Nair",
        "+919876511230",
        {"amount_due": "8,450", "loan_last_digits": "7712", "due_date": "5 of this month"},
        27.8,
        "picked",
        96,
        **ENDED_BY_AGENT,
        summary="The borrower was reached, agrees with the amount and will pay on Friday by UPI.",
        extracted={
            "right_person": "yes",
            "will_pay_on": "Friday",
            "reason_for_delay": "Salary arrives on Thursday",
            "callback_wanted": "no",
        },
        turns=(
            (
                "agent",
                "Hello, am I speaking with Kavita Nair? This is an automated call from Sahyog Finance.",
            ),
            ("person", "Yes, speaking."),
            (
                "agent",
                "The instalment of 8,450 rupees for your loan ending in 7712 is due. Has it been paid?",
            ),
            ("person", "Not yet. My salary comes on Thursday, I will pay on Friday."),
            ("agent", "Thank you, I have noted Friday. Would you like a colleague to ring you about it?"),
            ("person", "No, that is fine."),
            ("agent", "Thank you for your time. Goodbye."),
        ),
    ),
    DemoCall(
        PAYMENT,
        "Rohit Verma",
        "+919876511302",
        {"amount_due": "12,000", "loan_last_digits": "0931", "due_date": "5 of this month"},
        28.1,
        "busy",
    ),
    DemoCall(
        PAYMENT,
        "Farah Khan",
        "+919876511456",
        {"amount_due": "5,300", "loan_last_digits": "4480", "due_date": "7 of this month"},
        51.0,
        "picked",
        62,
        ended_by="customer",
        ended_reason="customer-ended-call",
        summary="The borrower says the instalment was paid yesterday and asks for the account to be checked.",
        extracted={
            "right_person": "yes",
            "will_pay_on": "already paid",
            "reason_for_delay": None,
            "callback_wanted": "yes",
        },
        turns=(
            ("agent", "Hello, am I speaking with Farah Khan? This is an automated call from Sahyog Finance."),
            ("person", "Yes. If it is about the instalment, I paid it yesterday."),
            ("agent", "Thank you for telling me. I will note that it has been paid."),
            ("person", "Please have somebody check and ring me back."),
            ("agent", "A colleague will ring you back."),
        ),
    ),
    DemoCall(
        PAYMENT,
        "Suresh Patil",
        "+919876511503",
        {"amount_due": "9,900", "loan_last_digits": "2267", "due_date": "7 of this month"},
        52.3,
        "failed",
        ended_reason="number-unreachable",
    ),
    DemoCall(
        VIEWING,
        "Nisha Menon",
        "+919876523170",
        {"property_name": "Lakeview 3B", "viewing_date": "Saturday", "viewing_time": "11:00"},
        74.5,
        "picked",
        55,
        **ENDED_BY_AGENT,
        summary="The viewing is confirmed; three people will come. Parking was asked about.",
        extracted={"confirmed": "yes", "visitors": 3, "other_times": None, "reason_lost": None},
        turns=(
            (
                "agent",
                "Hello Nisha Menon, I am calling for Green Acre Homes about your viewing of Lakeview 3B.",
            ),
            ("agent", "It is on Saturday at 11:00. Does that still suit you?"),
            ("person", "Yes, we are coming. There are three of us. Can we park there?"),
            ("agent", "The adviser on site will show you where. See you on Saturday."),
        ),
    ),
    DemoCall(
        VIEWING,
        "Arjun Desai",
        "+919876523240",
        {"property_name": "Palm Court 12", "viewing_date": "Saturday", "viewing_time": "12:30"},
        75.0,
        "picked",
        67,
        **ENDED_BY_AGENT,
        summary="The person is no longer interested: they have signed for another flat, closer to work.",
        extracted={
            "confirmed": "no",
            "visitors": None,
            "other_times": None,
            "reason_lost": "Found a flat closer to work",
        },
        turns=(
            (
                "agent",
                "Hello Arjun Desai, I am calling for Green Acre Homes about your viewing of Palm Court 12.",
            ),
            ("person", "Oh, I forgot to cancel. We have signed for another flat."),
            ("agent", "Congratulations. May I ask for the main reason?"),
            ("person", "It is closer to work."),
            ("agent", "Thank you for telling me. All the best. Goodbye."),
        ),
    ),
    DemoCall(
        VIEWING,
        "Lakshmi Iyer",
        "+919876523301",
        {"property_name": "Lakeview 5A", "viewing_date": "Sunday", "viewing_time": "10:00"},
        98.2,
        "not_picked",
    ),
    DemoCall(
        APPOINTMENT,
        "Joseph Fernandes",
        "+919876504530",
        {"appointment_date": "Friday", "appointment_time": "18:00"},
        122.0,
        "picked",
        39,
        **ENDED_BY_AGENT,
        summary="The appointment is confirmed. The patient asks to be reminded in the morning of the day.",
        extracted={
            "confirmed": "yes",
            "preferred_time": None,
            "note_for_clinic": "Remind again in the morning",
        },
        turns=(
            ("agent", "Hello Joseph Fernandes, this is the reception of City Dental Clinic."),
            ("agent", "You have an appointment on Friday at 18:00. Can you still make it?"),
            ("person", "Yes. Could you remind me again in the morning?"),
            ("agent", "I will pass that on. See you on Friday."),
        ),
    ),
)

"""Every rule of the emergency departments that is applied: records that keep it and records that break it.

A case is what is changed in a record that keeps all rules, and all the rules that the change breaks, each as code and
field. `None` empties a field.
"""

import pytest

from flow_records import RECORDS, header, line, write_file
from percorsi.flows import ingest, rejections
from percorsi.flows.layout import codes, load_layouts
from percorsi.flows.rules import judge
from percorsi.home import Home
from percorsi.small_frame import small_frame
from percorsi.storage import Store

PERIOD = ("file_region", "file_year", "file_period")
# The Ministry's rules: the codes of each field, with a question mark where the record is reported and kept.
PUBLISHED = """
id: 110 104
institute: 110 104 1902 1300?
entry_date: 111 101 2058 2057 1001
entry_time: 111 101
arrival_mode: 111 114
operations_centre: 103 1103? 2060? 2032
mission_code: 103 100 1103? 2061? 2062 2063 2107 2108
sent_by: 111 114 103
sending_institute: 1103? 103 1301?
main_problem: 111 114 103
trauma: 1103? 2065? 103 112
triage: 111 114
cuni: 111 105 102
cuni_validity: 111 115
cuni_type: 111 115
team_institution: 108 2003? 2004? 2005?
birth_year: 3005? 116 20061 20062 1103
birth_month: 1103? 3003? 116
presumed_age_class: 112 20061 1103
sex: 111 114
citizenship: 111 117 1301
residence_region: 111 114 20074 20077?
residence_municipality: 111 109 1301? 20077? 20074
residence_azienda: 107 1302? 20077? 100
residence_country: 116 20077? 1301? 2007 20073?
taken_date: 1103 101 2066 2112
taken_time: 1103 101 2113
main_diagnosis: 2101? 1103? 106 1301?
other_diagnoses: 107 1302?
main_service: 1103? 2104? 106 1301?
other_services: 107 1302?
outcome: 111 114 2067 2078
destination_date: 1103 100 1003? 1115 1117
destination_time: 1103 1004 100 1005?
discharge_date: 1103 100 2068? 2080 3007 1002
discharge_time: 1103? 2083 100 2084?
medical_report: 113
appropriateness: 1103 112 2086
admission_number: 1103? 2070? 103 2071
ward_discipline: 1103? 2069? 103 1301?
transfer_reason: 1103 112 2072
transfer_institute: 2073? 1103 103 1301?
obi_main_problem: 1103? 1121 106 1301? 1007?
obi_entry_date: 1103 101 1008 1122
obi_entry_time: 1103 101 1124 1123
obi_consultation_1_discipline: 1125 107 1302?
obi_consultation_1_number: 1126? 113
obi_consultation_2_discipline: 1127 107 1302?
obi_consultation_2_number: 1128 113
obi_outcome: 1103 112 1129
obi_main_service: 1103? 1130 106 1301?
obi_other_services: 107 1131 1302?
obi_main_diagnosis: 1132 1301? 1103? 106
obi_other_diagnoses: 1302? 107 1133
obi_exit_date: 1136 1103 101 1134
obi_exit_time: 1103 101 1135 1137
payment_regime: 112 1103? 2089?
gross_amount: 112 1103 1118
ticket_amount: 112 1103 1120
ticket_position: 1103 112 2089?
exemption_code: 1302? 107 20076?
operation: 118
"""
# Of these, what no list at hand can decide.
NOT_APPLIED = """
institute: 1300
sending_institute: 1301
main_problem: 114
cuni: 102
residence_region: 20074
residence_municipality: 1301 20074
main_service: 1301
other_services: 1302
transfer_institute: 1301
obi_main_problem: 1301 1007
obi_main_service: 1301
obi_other_services: 1302
exemption_code: 1302
"""
BY_REGISTER = ["1302 residence_azienda"]
OWN = ["P022 cuni_validity"]

AMBULANCE = {"arrival_mode": "1", "sent_by": "5", "operations_centre": "03001", "mission_code": "2015000000000007"}
INFANT = {"birth_year": "2015", "birth_month": "01"}
PRESUMED = {"birth_year": None, "presumed_age_class": "4"}
ABROAD = {
    **{"residence_region": "999", "residence_municipality": "999999", "residence_azienda": "999"},
    **{"residence_country": "FR", "team_institution": "FR-7501"},
}
NOBODY_PAYS = {"payment_regime": None, "gross_amount": None, "ticket_position": None}
LEFT_DURING = {
    **NOBODY_PAYS,
    **{"outcome": "7", "main_diagnosis": None, "main_service": None, "destination_date": None},
    **{"destination_time": None, "discharge_date": None, "discharge_time": None, "appropriateness": None},
}
LEFT_BEFORE = {**LEFT_DURING, "outcome": "6", "taken_date": None, "taken_time": None}
DEAD = {"triage": "N", "outcome": "9", "appropriateness": "N", "destination_date": None, "destination_time": None}
ADMITTED = {"outcome": "2", "admission_number": "15000123", "ward_discipline": "40"}
MOVED = {"outcome": "3", "transfer_reason": "1", "transfer_institute": "03000500"}
OBSERVED = {
    **{"outcome": "10", "obi_main_problem": "A10", "obi_entry_date": "2015-03-17", "obi_entry_time": "12:00"},
    **{"obi_outcome": "1", "obi_main_service": "94.19", "obi_main_diagnosis": "298.9"},
    **{"obi_exit_date": "2015-03-18", "obi_exit_time": "09:00"},
    **{"discharge_date": "2015-03-18", "discharge_time": "09:00"},
}
# A visit over the turn of the year, in the file of the year in which it ended.
NEW_YEAR = {
    **{"id": "2014000000000001", "entry_date": "2014-12-31", "entry_time": "23:00", "taken_date": "2014-12-31"},
    **{"taken_time": "23:30", "destination_date": "2015-01-01", "discharge_date": "2015-01-01"},
}
MARCH = {"file_period": "03"}
TAKEN = ["1103 taken_date", "1103 taken_time"]
UNKNOWN_AGE = ["20062 birth_year", "1103 birth_year", "1103 presumed_age_class"]
AT_HOME = ["20077 residence_region", "20077 residence_municipality", "20077 residence_country"]
PAID = ["1103 payment_regime", "1103 gross_amount", "1103 ticket_position"]

ACCESS = [
    ({}, []),
    ({"id": None}, ["110 id"]),
    ({"id": "201500000000001"}, ["104 id"]),
    ({"id": "20150000000000001"}, ["104 id"]),
    ({"institute": None}, ["110 institute"]),
    ({"institute": "030033"}, []),
    ({"institute": "0300330"}, ["104 institute"]),
    ({"institute": "030033001"}, ["104 institute"]),
    ({"institute": "05003300"}, ["1902 institute"]),
    ({"entry_date": None}, ["111 entry_date"]),
    ({"entry_date": "2015-02-30"}, ["101 entry_date"]),
    ({"entry_date": "17/03/2015"}, ["101 entry_date"]),
    ({"id": "2014000000000001"}, ["2058 entry_date"]),
    (NEW_YEAR, []),
    ({**NEW_YEAR, "file_period": "01"}, []),
    ({**NEW_YEAR, "entry_date": "2014-12-01"}, ["2066 taken_date"]),  # a month before the first of January
    ({**NEW_YEAR, "entry_date": "2014-11-30"}, ["2057 entry_date", "2066 taken_date"]),
    ({**MARCH, "entry_date": "2015-02-01"}, ["2066 taken_date"]),
    ({**MARCH, "entry_date": "2015-01-31"}, ["2057 entry_date", "2066 taken_date"]),
    (MARCH, []),
    ({**MARCH, **LEFT_BEFORE, "entry_date": "2015-02-28"}, []),
    ({**MARCH, **LEFT_BEFORE, "entry_date": "2015-02-27"}, ["1001 entry_date"]),
    ({**MARCH, **LEFT_BEFORE, "entry_date": "2015-04-01"}, ["1001 entry_date"]),
    ({"entry_time": None}, ["111 entry_time"]),
    ({"entry_time": "00:00", "taken_time": "23:59", "destination_time": "23:59", "discharge_time": "23:59"}, []),
    ({"entry_time": "24:00"}, ["101 entry_time", "2066 taken_date", "3007 discharge_date"]),
    ({"entry_time": "9:30"}, ["101 entry_time", "3007 discharge_date"]),  # text, later than 12:30
    ({"arrival_mode": None}, ["111 arrival_mode"]),
    ({"arrival_mode": "9"}, []),
    ({"arrival_mode": "8"}, ["114 arrival_mode"]),
    ({"sent_by": None}, ["111 sent_by"]),
    ({"sent_by": "9"}, []),
    ({"sent_by": "8"}, ["114 sent_by"]),
    ({"sent_by": "06"}, ["103 sent_by", "114 sent_by"]),
    ({"sent_by": "4"}, ["1103 sending_institute"]),
    ({"sent_by": "4", "sending_institute": "030005"}, []),
    ({"sent_by": "4", "sending_institute": "03000"}, ["103 sending_institute"]),
    ({"sent_by": "4", "sending_institute": "030005001"}, ["103 sending_institute"]),
    ({"main_problem": None}, ["111 main_problem"]),
    ({"main_problem": "012"}, ["103 main_problem"]),
    ({"main_problem": "10"}, ["1103 trauma"]),
    ({"main_problem": "10", "trauma": "2"}, []),
    ({"trauma": "2"}, ["2065 trauma"]),
    ({"main_problem": "10", "trauma": "8"}, ["112 trauma"]),
    ({"main_problem": "10", "trauma": "02"}, ["103 trauma", "112 trauma"]),
    ({"triage": None}, ["111 triage"]),
    ({"triage": "5"}, []),
    ({"triage": "X"}, []),
    ({"triage": "6"}, ["114 triage"]),
    ({"operation": None}, ["118 operation"]),
    ({"operation": "V"}, []),
    ({"operation": "X"}, ["118 operation"]),
    ({"operation": "v"}, ["118 operation"]),  # capitals, as printed
    ({"operation": "NM", "id": None}, []),  # passed over before the rules
]
MISSION = [
    (AMBULANCE, []),
    ({**AMBULANCE, "operations_centre": "0301"}, ["103 operations_centre"]),
    ({**AMBULANCE, "operations_centre": None}, ["1103 operations_centre"]),
    ({**AMBULANCE, "operations_centre": "03101"}, ["2032 operations_centre"]),
    ({**AMBULANCE, "arrival_mode": "3"}, ["2060 operations_centre", "2061 mission_code"]),
    ({"arrival_mode": "1"}, []),  # obliged with both the way of arrival and who sent
    ({**AMBULANCE, "mission_code": None}, ["1103 mission_code"]),
    ({**AMBULANCE, "mission_code": "201500000000007"}, ["103 mission_code"]),
    ({**AMBULANCE, "mission_code": "2015ABCDEFGHIJKL"}, ["100 mission_code"]),
    ({**AMBULANCE, "sent_by": "6"}, ["2062 mission_code"]),
    ({**AMBULANCE, "mission_code": "2014000000000007"}, []),
    ({**AMBULANCE, "mission_code": "2016000000000007"}, [f"{c} mission_code" for c in (2063, 2107, 2108)]),
    ({**AMBULANCE, "mission_code": "2013000000000007"}, [f"{c} mission_code" for c in (2063, 2107, 2108)]),
    ({**AMBULANCE, "id": "2017000000000001"}, ["2058 entry_date", "2107 mission_code"]),
]
PERSON = [
    ({"cuni": None}, ["111 cuni"]),
    ({"cuni": "C" * 87}, ["105 cuni"]),
    ({"cuni_validity": None}, ["111 cuni_validity"]),
    ({"cuni_validity": "1"}, ["P022 cuni_validity"]),
    ({"cuni_validity": "2"}, ["115 cuni_validity"]),
    ({"cuni_type": None}, ["111 cuni_type"]),
    ({"cuni_type": "98"}, []),
    ({"cuni_type": "5"}, ["115 cuni_type"]),
    ({"birth_year": "75"}, ["116 birth_year"]),
    ({"birth_year": "19x5"}, ["116 birth_year"]),
    ({"birth_year": "2016"}, ["3005 birth_year"]),
    ({**PRESUMED, "birth_year": "1975"}, ["20061 birth_year", "20061 presumed_age_class"]),
    (PRESUMED, []),
    ({"birth_year": None}, UNKNOWN_AGE),
    ({**PRESUMED, "presumed_age_class": "7"}, ["112 presumed_age_class"]),
    (INFANT, []),
    ({**INFANT, "birth_month": None}, ["1103 birth_month"]),
    ({"birth_year": "2014"}, []),  # perhaps under one, perhaps not
    ({"birth_year": "2014", "birth_month": "03"}, []),
    ({"birth_year": "2014", "birth_month": "02"}, ["3003 birth_month"]),
    ({"birth_year": "999999999", "birth_month": "02"}, ["116 birth_year", "3005 birth_year"]),
    ({**INFANT, "birth_month": "13"}, ["116 birth_month"]),
    ({**INFANT, "birth_month": "1"}, ["116 birth_month"]),
    ({"sex": None}, ["111 sex"]),
    ({"sex": "9"}, []),
    ({"sex": "3"}, ["114 sex"]),
    ({"citizenship": None}, ["111 citizenship"]),
    ({"citizenship": "XK"}, []),
    ({"citizenship": "ZZ"}, []),
    ({"citizenship": "ITA"}, ["117 citizenship", "1301 citizenship"]),
    ({"citizenship": "QQ"}, ["1301 citizenship"]),
]
RESIDENCE = [
    ({"residence_region": None}, ["111 residence_region"]),
    ({"residence_region": "031"}, ["114 residence_region"]),
    ({"residence_region": "200"}, []),
    ({"residence_municipality": None}, ["111 residence_municipality"]),
    ({"residence_municipality": "0151460"}, ["109 residence_municipality"]),
    ({"residence_azienda": None}, []),
    ({"residence_azienda": "3011"}, ["107 residence_azienda", "100 residence_azienda"]),
    ({"residence_azienda": "3-1"}, ["100 residence_azienda"]),
    ({"residence_azienda": "999"}, ["20077 residence_azienda"]),
    (ABROAD, []),
    ({**ABROAD, "residence_azienda": "301"}, ["20077 residence_azienda"]),
    ({**ABROAD, "residence_region": "030"}, ["2007 residence_country", AT_HOME[0], AT_HOME[2]]),
    (
        {**ABROAD, "residence_municipality": "015146"},
        ["2007 residence_country", "20077 residence_azienda", AT_HOME[1], AT_HOME[2]],
    ),
    ({**ABROAD, "residence_country": None, "team_institution": None}, AT_HOME),
    (
        {**ABROAD, "residence_country": "FRA"},
        ["116 residence_country", "1301 residence_country", "2005 team_institution"],
    ),
    ({**ABROAD, "residence_country": "QQ"}, ["1301 residence_country", "2004 team_institution"]),
    ({**ABROAD, "residence_country": "IT", "team_institution": None}, ["20073 residence_country"]),
    ({**ABROAD, "team_institution": None}, ["2003 team_institution"]),
    ({**ABROAD, "residence_country": "HR"}, []),
    ({**ABROAD, "residence_country": "GB", "team_institution": None}, ["2003 team_institution"]),
    ({**ABROAD, "residence_country": "CH"}, ["2004 team_institution"]),
    ({**ABROAD, "residence_country": "CH", "team_institution": None}, []),
    ({**ABROAD, "team_institution": "F" * 28}, []),
    ({**ABROAD, "team_institution": "F" * 29}, ["108 team_institution"]),
    ({"team_institution": "FR-7501"}, ["2005 team_institution"]),
]
TREATMENT = [
    (LEFT_BEFORE, []),
    (LEFT_DURING, []),
    ({"taken_date": None, "taken_time": None}, TAKEN),
    ({"taken_date": "2015-02-29"}, ["101 taken_date"]),
    # so many days that their minutes are no int
    ({"taken_date": "9999-12-31"}, ["1117 destination_date", "2066 taken_date", "2068 discharge_date"]),
    ({"taken_time": "10:60"}, ["101 taken_time"]),
    ({"taken_time": "09:59"}, ["2066 taken_date"]),
    ({"taken_time": "10:00"}, []),
    ({"entry_date": "2015-03-16", "entry_time": "10:30"}, []),  # 24 hours
    ({"entry_date": "2015-03-16", "entry_time": "10:29"}, ["2066 taken_date"]),
    ({**LEFT_BEFORE, "taken_date": "2015-03-17"}, ["2112 taken_date"]),
    ({**LEFT_BEFORE, "taken_time": "10:30"}, ["2113 taken_time"]),
    ({**LEFT_DURING, "taken_date": None, "taken_time": None}, TAKEN),
    ({"main_diagnosis": None}, ["1103 main_diagnosis"]),
    ({**LEFT_DURING, "main_diagnosis": "29530"}, ["2101 main_diagnosis"]),
    ({"main_diagnosis": "295.30"}, []),
    ({"main_diagnosis": "V62.84"}, []),
    ({"main_diagnosis": "E950.0"}, []),
    ({"main_diagnosis": "311"}, []),
    ({"main_diagnosis": "29"}, ["106 main_diagnosis", "1301 main_diagnosis"]),
    ({"main_diagnosis": "295.300"}, ["106 main_diagnosis", "1301 main_diagnosis"]),
    ({"main_diagnosis": "F20.0"}, ["1301 main_diagnosis"]),
    ({"other_diagnoses": "311|V62.84 | 30500"}, []),
    ({"other_diagnoses": "311|"}, []),
    ({"other_diagnoses": "311|29|30500"}, ["107 other_diagnoses", "1302 other_diagnoses"]),
    ({"other_diagnoses": "311|F20.0"}, ["1302 other_diagnoses"]),
    ({"main_service": None}, ["1103 main_service"]),
    ({**LEFT_BEFORE, "main_service": "94.19"}, ["2104 main_service"]),
    ({**LEFT_DURING, "main_service": "94.19"}, []),
    ({"main_service": "94"}, ["106 main_service"]),
    ({"main_service": "94.19.1.000"}, ["106 main_service"]),
    ({"other_services": "89.7|90.62.2"}, []),
    ({"other_services": "89.7|90"}, ["107 other_services"]),
]
OUTCOME = [
    ({"outcome": None}, ["111 outcome"]),
    ({"outcome": "8", "destination_date": None, "destination_time": None}, []),
    ({"outcome": "11"}, []),
    ({"outcome": "12", "destination_date": None, "destination_time": None}, ["114 outcome"]),
    (DEAD, []),
    ({**DEAD, "outcome": "4"}, ["2067 outcome"]),
    ({**DEAD, "appropriateness": "V"}, ["2078 outcome"]),
    ({"destination_date": None}, ["1103 destination_date"]),
    ({"outcome": "11", "destination_date": None}, ["1103 destination_date"]),
    ({"destination_date": "2015-3-17"}, ["100 destination_date"]),
    ({"destination_date": "2015-03-18"}, ["1003 destination_date"]),
    ({"destination_date": "2015-03-16"}, ["1117 destination_date"]),
    ({"outcome": "8", "destination_time": None}, ["1115 destination_date"]),
    ({"outcome": "8", "destination_date": None}, ["1004 destination_time"]),
    ({"destination_time": None}, ["1103 destination_time", "1005 destination_time"]),
    ({"destination_time": "12.00"}, ["100 destination_time"]),
    ({"discharge_date": None}, ["1103 discharge_date"]),
    ({"discharge_date": "2015-03-32"}, ["100 discharge_date"]),
    ({"discharge_date": "2015-03-18", "discharge_time": "10:30"}, []),  # 24 hours
    ({"discharge_date": "2015-03-18", "discharge_time": "10:31"}, ["2068 discharge_date"]),
    ({"discharge_time": "10:29"}, ["2068 discharge_date"]),
    ({"discharge_date": "9999-12-31"}, ["1002 discharge_date", "2068 discharge_date"]),
    ({**LEFT_DURING, "discharge_date": "2015-03-17"}, ["2080 discharge_date"]),
    ({"taken_time": "10:00", "discharge_time": "10:00"}, []),
    ({"discharge_time": "09:59"}, ["2068 discharge_date", "3007 discharge_date"]),
    (
        {"discharge_date": "2015-03-16"},
        ["1003 destination_date", "2068 discharge_date", "3007 discharge_date"],
    ),
    ({**MARCH, "discharge_date": "2015-04-01"}, ["1002 discharge_date", "2068 discharge_date"]),
    ({"discharge_time": None}, ["1103 discharge_time", "2084 discharge_time"]),
    ({**LEFT_DURING, "discharge_time": "12:30"}, ["2083 discharge_time"]),
    ({"discharge_time": "12:3"}, ["100 discharge_time"]),
    ({"medical_report": "9"}, []),
    ({"medical_report": "4"}, ["113 medical_report"]),
    ({"appropriateness": None}, ["1103 appropriateness"]),
    ({"appropriateness": "X"}, ["112 appropriateness"]),
    ({**LEFT_DURING, "appropriateness": "V"}, ["2086 appropriateness"]),
    (ADMITTED, []),
    ({**ADMITTED, "admission_number": None}, ["1103 admission_number"]),
    ({"admission_number": "15000123"}, ["2070 admission_number"]),
    ({**ADMITTED, "admission_number": "1500012"}, ["103 admission_number"]),
    ({**ADMITTED, "admission_number": "14000123"}, []),
    ({**ADMITTED, "admission_number": "13000123"}, ["2071 admission_number"]),
    ({**ADMITTED, "admission_number": "17000123"}, ["2071 admission_number"]),
    ({**ADMITTED, "ward_discipline": None}, ["1103 ward_discipline"]),
    ({"ward_discipline": "40"}, ["2069 ward_discipline"]),
    ({**ADMITTED, "ward_discipline": "4001"}, ["103 ward_discipline", "1301 ward_discipline"]),
    ({**ADMITTED, "ward_discipline": "04"}, ["1301 ward_discipline"]),
    (MOVED, []),
    ({**MOVED, "transfer_reason": None}, ["1103 transfer_reason"]),
    ({**MOVED, "transfer_reason": "4"}, ["112 transfer_reason"]),
    ({"transfer_reason": "1"}, ["2072 transfer_reason"]),
    ({**MOVED, "transfer_institute": None}, ["1103 transfer_institute"]),
    ({**MOVED, "transfer_institute": "03000"}, ["103 transfer_institute"]),
    ({"transfer_institute": "03000500"}, ["2073 transfer_institute"]),
]
OBSERVATION = [
    (OBSERVED, []),
    ({**OBSERVED, "obi_main_problem": None}, ["1103 obi_main_problem"]),
    ({"obi_main_problem": "A10"}, ["1121 obi_main_problem"]),
    ({**OBSERVED, "obi_main_problem": "A1"}, ["106 obi_main_problem"]),
    ({**OBSERVED, "obi_entry_date": None}, ["1103 obi_entry_date"]),
    ({**OBSERVED, "obi_entry_date": "2015/03/17"}, ["101 obi_entry_date"]),
    ({**OBSERVED, "obi_entry_date": "2015-03-16"}, ["1008 obi_entry_date", "1123 obi_entry_time"]),
    ({"obi_entry_date": "2015-03-17"}, ["1122 obi_entry_date"]),
    ({**OBSERVED, "obi_entry_time": None}, ["1103 obi_entry_time"]),
    ({**OBSERVED, "obi_entry_time": "25:00"}, ["101 obi_entry_time"]),
    ({"obi_entry_time": "12:00"}, ["1124 obi_entry_time"]),
    ({**OBSERVED, "obi_entry_time": "10:30"}, ["1123 obi_entry_time"]),
    ({**OBSERVED, "obi_entry_time": "10:31"}, []),
    ({**OBSERVED, "obi_consultation_1_discipline": "40", "obi_consultation_1_number": "1"}, []),
    ({**OBSERVED, "obi_consultation_2_discipline": "32", "obi_consultation_2_number": "9"}, []),
    ({"obi_consultation_1_discipline": "40"}, ["1125 obi_consultation_1_discipline"]),
    ({"obi_consultation_1_number": "1"}, ["1126 obi_consultation_1_number"]),
    ({"obi_consultation_2_discipline": "40"}, ["1127 obi_consultation_2_discipline"]),
    ({"obi_consultation_2_number": "1"}, ["1128 obi_consultation_2_number"]),
    ({**OBSERVED, "obi_consultation_1_number": "10"}, ["113 obi_consultation_1_number"]),
    ({**OBSERVED, "obi_consultation_2_number": "0"}, ["113 obi_consultation_2_number"]),
    (
        {**OBSERVED, "obi_consultation_1_discipline": "4"},
        ["107 obi_consultation_1_discipline", "1302 obi_consultation_1_discipline"],
    ),
    ({**OBSERVED, "obi_consultation_1_discipline": "04"}, ["1302 obi_consultation_1_discipline"]),
    (
        {**OBSERVED, "obi_consultation_2_discipline": "040"},
        ["107 obi_consultation_2_discipline", "1302 obi_consultation_2_discipline"],
    ),
    ({**OBSERVED, "obi_outcome": None}, ["1103 obi_outcome"]),
    ({**OBSERVED, "obi_outcome": "6"}, ["112 obi_outcome"]),
    ({"obi_outcome": "1"}, ["1129 obi_outcome"]),
    ({**OBSERVED, "obi_outcome": "7", "appropriateness": None}, []),
    ({**OBSERVED, "appropriateness": None}, ["1103 appropriateness"]),
    ({**OBSERVED, "obi_outcome": "3", "transfer_reason": "2", "transfer_institute": "03000500"}, []),
    ({**OBSERVED, "obi_outcome": "3"}, ["1103 transfer_reason", "1103 transfer_institute"]),
    ({**OBSERVED, "obi_main_service": None}, ["1103 obi_main_service"]),
    ({"obi_main_service": "94.19"}, ["1130 obi_main_service"]),
    ({**OBSERVED, "obi_main_service": "94"}, ["106 obi_main_service"]),
    ({**OBSERVED, "obi_other_services": "89.7|90.62.2"}, []),
    ({**OBSERVED, "obi_other_services": "89.7|90"}, ["107 obi_other_services"]),
    ({"obi_other_services": "89.7"}, ["1131 obi_other_services"]),
    ({"obi_main_diagnosis": "298.9"}, ["1132 obi_main_diagnosis"]),
    ({**OBSERVED, "obi_main_diagnosis": None}, ["1103 obi_main_diagnosis"]),
    ({**OBSERVED, "obi_main_diagnosis": "2989"}, []),
    ({**OBSERVED, "obi_main_diagnosis": "2986"}, ["1301 obi_main_diagnosis"]),
    ({**OBSERVED, "obi_main_diagnosis": "29"}, ["106 obi_main_diagnosis", "1301 obi_main_diagnosis"]),
    ({**OBSERVED, "obi_other_diagnoses": "311|300.4"}, []),
    ({**OBSERVED, "obi_other_diagnoses": "311|3009999"}, ["107 obi_other_diagnoses", "1302 obi_other_diagnoses"]),
    ({"obi_other_diagnoses": "311"}, ["1133 obi_other_diagnoses"]),
    ({**OBSERVED, "obi_exit_date": None}, ["1103 obi_exit_date"]),
    ({**OBSERVED, "obi_exit_date": "2015-03-19"}, ["1136 obi_exit_date"]),
    (
        {**OBSERVED, "obi_exit_date": "2015-03-16"},
        ["1136 obi_exit_date", "1137 obi_exit_time"],
    ),
    ({**OBSERVED, "obi_exit_date": "18-03-2015"}, ["101 obi_exit_date", "1136 obi_exit_date"]),
    ({"obi_exit_date": "2015-03-17"}, ["1134 obi_exit_date"]),
    ({**OBSERVED, "obi_exit_time": None}, ["1103 obi_exit_time"]),
    ({**OBSERVED, "obi_exit_time": "9:00"}, ["101 obi_exit_time", "1137 obi_exit_time"]),
    ({**OBSERVED, "obi_exit_time": "09:01"}, ["1137 obi_exit_time"]),
    ({"obi_exit_time": "12:30"}, ["1135 obi_exit_time"]),
]
COST = [
    ({**NOBODY_PAYS}, PAID),
    ({"payment_regime": "4"}, ["112 payment_regime"]),
    ({**LEFT_DURING, "payment_regime": "1"}, ["2089 payment_regime"]),
    ({"gross_amount": "0.01"}, []),
    ({"gross_amount": "999999.99"}, []),
    ({"gross_amount": "0"}, ["112 gross_amount"]),
    ({"gross_amount": "1000000"}, ["112 gross_amount"]),
    ({"gross_amount": "241,50"}, ["112 gross_amount"]),
    ({**LEFT_DURING, "gross_amount": "241.50"}, ["1118 gross_amount"]),
    ({"ticket_position": "1"}, ["1103 ticket_amount"]),
    ({"ticket_position": "1", "ticket_amount": "25.00"}, []),
    ({"ticket_position": "1", "ticket_amount": "-25.00"}, ["112 ticket_amount"]),
    ({"ticket_amount": "25.00"}, ["1120 ticket_amount"]),
    ({**LEFT_DURING, "ticket_amount": "25.00"}, ["1120 ticket_amount"]),
    ({"ticket_position": "0"}, ["112 ticket_position"]),
    ({**LEFT_DURING, "ticket_position": "3"}, ["2089 ticket_position"]),
    ({"exemption_code": "E01"}, []),
    ({"exemption_code": "C030011"}, ["107 exemption_code"]),
    ({"ticket_position": "1", "ticket_amount": "25.00", "exemption_code": "E01"}, ["20076 exemption_code"]),
]
CASES = [*ACCESS, *MISSION, *PERSON, *RESIDENCE, *TREATMENT, *OUTCOME, *OBSERVATION, *COST]


def _listed(text: str) -> list[str]:
    """The rules of a table above, each as code and field."""
    fields = (row.split(": ") for row in text.split("\n") if row)
    return [f"{code} {field}" for field, codes_of_it in fields for code in codes_of_it.split()]


REPORTED = {rule.replace("?", "") for rule in _listed(PUBLISHED) if "?" in rule} | {*OWN}


@pytest.fixture(scope="module")
def judged(spark) -> list:
    """All cases in one frame, as the rules judge them: codes with fields, and whether the record is kept."""
    layout = load_layouts()["PS"]
    names = [*layout.columns, *PERIOD, "line_fault", "at"]
    file = {"file_region": "030", "file_year": "2015", "file_period": ""}
    records = [RECORDS["PS"] | file | changes | {"at": str(at)} for at, (changes, _) in enumerate(CASES)]
    rows = [tuple(record.get(name) for name in names) for record in records]
    frame = small_frame(spark, rows, ", ".join(f"`{name}` string" for name in names))
    found = judge(frame, layout).select("at", "errors", "accepted").collect()
    return sorted(found, key=lambda row: int(row["at"]))


def test_each_record_breaks_the_rules_it_should(judged) -> None:
    for (changes, expected), row in zip(CASES, judged, strict=True):
        found = sorted(f"{e['code']} {e['field']}" for e in row["errors"])
        assert found == sorted(expected), changes


def test_anomalies_are_reported_and_the_record_kept(judged) -> None:
    for (changes, expected), row in zip(CASES, judged, strict=True):
        kept = set(expected) <= REPORTED and changes.get("operation") != "NM"
        assert row["accepted"] == kept, changes


def test_every_rule_applied_has_a_record_that_breaks_it() -> None:
    broken = {rule for _, expected in CASES for rule in expected}
    assert {f"{rule.code} {rule.field}" for rule in load_layouts()["PS"].applied} == broken


def test_all_published_rules_are_in_the_layout() -> None:
    rules = load_layouts()["PS"].rules
    published = [rule.replace("?", "") for rule in _listed(PUBLISHED)]
    assert len(published) == 212
    assert sorted(f"{rule.code} {rule.field}" for rule in rules) == sorted([*published, *OWN])
    assert {f"{r.code} {r.field}" for r in rules if r.severity == "report"} == REPORTED


def test_the_rules_that_are_not_applied_say_why() -> None:
    layout = load_layouts()["PS"]
    idle = {f"{rule.code} {rule.field}": rule.reason for rule in layout.rules if not rule.implemented}
    assert sorted(idle) == sorted(_listed(NOT_APPLIED))
    assert all(reason.startswith("needs ") for reason in idle.values())
    assert [f"{rule.code} {rule.field}" for rule in layout.registered] == BY_REGISTER


def test_where_the_reading_differs_from_the_print_the_rule_says_so() -> None:
    read = {rule.code: rule.reason for rule in load_layouts()["PS"].rules if rule.implemented and rule.reason}
    assert set(read) == {"1115", "1004", "3007", "2071"}


def test_regions_written_in_rules_are_those_of_the_code_list() -> None:
    rules = {(rule.code, rule.field): rule for rule in load_layouts()["PS"].rules}
    listed = ", ".join(f"'{region}'" for region in codes("regions"))
    assert f"not in ({listed})" in rules["2032", "operations_centre"].condition
    assert rules["114", "residence_region"].domain == [*codes("regions"), "999"]


@pytest.mark.parametrize(("azienda", "found"), [("301", []), ("999", []), ("302", [("residence_azienda", "1302")])])
def test_an_azienda_that_the_register_does_not_know_is_reported(spark, tmp_path, azienda: str, found: list) -> None:
    folder, home = tmp_path / "delivery", Home(tmp_path / "home")
    away = {"residence_region": "999", "residence_municipality": "999999", "residence_country": "CH"}
    visit = line("PS", residence_azienda=azienda, **(away if azienda == "999" else {}))
    write_file(folder / "PS_030_2015_03.csv", [header("PS"), visit])
    write_file(folder / "STR_030_2015.csv", [header("STR"), line("STR")])
    store = Store(home, spark)
    ingest(store, folder)
    (delivery,) = {row["delivery"] for row in store.read("current/PS").collect()}
    rows = rejections(store, delivery).where("flow = 'PS'").collect()
    assert [(row["field"], row["code"]) for row in rows] == found

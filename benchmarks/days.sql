-- The algebra of days in DuckDB: four columns of features/person_year of a year, out of the conformed tables.
--
-- One row a person with a DSM contact day of the year. The rules are the measurement manual's (sections 1 and 2); where
-- the library keeps days as bits, this one keeps spans and puts them in order by window functions. A stay or an episode
-- is known by its structure and number within a region, whichever DSM they are of by then.
with
interventions as (
    select person_id, year, date, type = '01' and coalesce(place, '') not in ('5', '6') as csm_visit
    from intervention
    where year between $year and $last_year
        and coalesce(known_from, $last_year) <= $last_year
        and coalesce(known_until, $last_year) >= $last_year
),
presences as (
    select person_id, year, date
    from presence
    where year between $year and $last_year
        and coalesce(known_from, $last_year) <= $last_year
        and coalesce(known_until, $last_year) >= $last_year
),

-- The latest semester decides; without a discharge a stay lasts to its end.
residential as (
    select person_id, admission_date, arg_max(last_day, 2 * year + semester) as last_day,
        arg_max(last_day, 2 * year + semester) filter (where year <= $year) as last_day_seen
    from (
        select *, coalesce(discharge_date, make_date(year, if(semester = 1, 6, 12), if(semester = 1, 30, 31))) as last_day
        from residential_stay
        where year between $first_year and $last_year
            and coalesce(known_from, $last_year) <= $last_year
            and coalesce(known_until, $last_year) >= $last_year
    )
    group by person_id, region, structure, contact_id, admission_date
),

-- Hospital stays twice: as outcomes see them, and (seen) as the cohort does at the end of the year.
ordinary as (
    select *, (is_psychiatric(admission_ward) or is_psychiatric(discharge_ward)) and institution_type = '1' as spdc
    from hospital_record
    where discharge_date between $first_day and $data_end and regime = '1'
),
numbered as (
    select *, sum(begins::int) over (
        partition by seen, person_id order by admission_date, discharge_date, record_rank
    ) as stay
    from (
        select *, coalesce(admission_date - max(discharge_date) over (
            partition by seen, person_id order by admission_date, discharge_date, record_rank
            rows between unbounded preceding and 1 preceding
        ) > $transfer_gap_days, true) as begins
        from (
            select *, false as seen from ordinary
            union all
            select *, true as seen from ordinary where discharge_date <= $year_end
        )
    )
),
stays as (
    select seen, person_id, stay, min(admission_date) as admission, max(discharge_date) as discharge,
        min(admission_date) filter (where spdc) as spdc_admission,
        max({'day': discharge_date, 'rank': record_rank, 'mode': discharge_mode}) filter (where spdc) as spdc_last
    from numbered
    group by seen, person_id, stay
),

contacts as (
    select person_id, min(day) as contact
    from (
        select person_id, date as day from interventions where year = $year and date between $year_start and $year_end
        union all
        select person_id, date from presences where year = $year and date between $year_start and $year_end
        union all
        select person_id, greatest(admission_date, $year_start) from residential
        where last_day_seen >= $year_start and admission_date <= $year_end
        union all
        select person_id, greatest(spdc_admission, $year_start) from stays where seen and spdc_last.day >= $year_start
    )
    group by person_id
),

-- The first source that tells decides, the earliest date within it.
deaths as (
    select person_id, min({'source': source, 'day': day}).day as death
    from (
        select person_id, 1 as source, death_date as day from cause_of_death where death_date <= $data_end
        union all
        select person_id, 2, death_date from assisted_person where start_date <= $data_end and death_date <= $data_end
        union all
        select person_id, 3, discharge_date from hospital_record
        where discharge_date between $first_day and $data_end and discharge_mode = '1'
        union all
        select person_id, 4, said.day
        from (
            select person_id,
                max({'told': 2 * year + semester, 'mode': conclusion_mode, 'day': closing_date}) as said
            from care_episode
            where year between $first_year and $last_year
                and coalesce(known_from, $last_year) <= $last_year
                and coalesce(known_until, $last_year) >= $last_year
            group by person_id, register, region, structure, contact_id
        )
        where said.mode in ('4', '5') and said.day is not null
    )
    group by person_id
),
persons as (
    select person_id, contact, death, least(coalesce(death, $data_end), $data_end) as last_day,
        least(contact + $follow_up_days, coalesce(death, $data_end), $data_end) as follow_up_end
    from contacts left join deaths using (person_id)
),

-- The longest contact gap: steps from one span of contact to the next, in the order of their first days.
touches as (
    select person_id, contact as first, contact as last from persons
    union all
    select person_id, follow_up_end, follow_up_end from persons
    union all
    select distinct person_id, date, date from interventions join persons using (person_id)
    where date > contact and date < follow_up_end
    union all
    select distinct person_id, date, date from presences join persons using (person_id)
    where date > contact and date < follow_up_end
    union all
    select person_id, greatest(admission_date, contact), residential.last_day
    from residential join persons using (person_id)
    where residential.last_day >= greatest(admission_date, contact) and admission_date <= follow_up_end
    union all
    select person_id, greatest(admission, contact), discharge from stays join persons using (person_id)
    where not seen and discharge >= greatest(admission, contact) and admission <= follow_up_end
),
gaps as (
    select person_id, max(step) as longest
    from (
        select person_id, first - max(last) over (
            partition by person_id order by first rows between unbounded preceding and 1 preceding
        ) as step
        from touches
    )
    group by person_id
),

-- Days from the first SPDC discharge of the year, not ended by death, to the first visit at the CSM.
discharges as (
    select person_id, arg_min(spdc_last.day, stay) as discharge, any_value(last_day) as last_day
    from stays join persons using (person_id)
    where not seen and spdc_last.day between $year_start and $year_end
        and not coalesce(spdc_last.mode = '1' or death <= spdc_last.day, false)
    group by person_id
),
visits as (
    select person_id, min(date - discharge) as days
    from interventions join discharges using (person_id)
    where csm_visit and date between discharge and last_day
    group by person_id
),

-- Coverage: what each dispensing lasts for, at one DDD a day.
dispensings as (
    select person_id, substance, date, date + cast(ceil(round(least(ddds, 10000), 6)) as int) - 1 as last
    from (
        select person_id, left(atc, 7) as substance, date, sum(ddds) as ddds
        from dispensing
        where date between $first_day and $data_end and counts and is_antipsychotic(atc, form, date)
        group by all
    )
    semi join persons using (person_id)
),
firsts as (
    select person_id, min(date) as first_dispensing
    from dispensings
    where date between $year_start and $year_end
    group by person_id
),

-- Therapies: islands with gaps shorter than the tolerance, of coverage and days in an institution, which start none.
covered as (
    select person_id, date as first, last, true as dispensed from dispensings semi join firsts using (person_id)
    where last >= date
    union all
    select person_id, admission_date, last_day, false from residential semi join firsts using (person_id)
    where last_day >= greatest(admission_date, $first_day)
    union all
    select person_id, admission, discharge, false from stays semi join firsts using (person_id)
    where not seen and discharge >= greatest(admission, $first_day)
),
therapies as (
    select person_id, min(first) filter (where dispensed) as first, max(last) as last
    from (
        select *, sum(begins::int) over (partition by person_id order by first, last) as island
        from (
            select person_id, greatest(first, $first_day) as first, least(last, $data_end) as last, dispensed,
                coalesce(first - max(last) over (
                    partition by person_id order by first, last rows between unbounded preceding and 1 preceding
                ) > $therapy_gap_days, true) as begins
            from covered
            where first <= $data_end
        )
    )
    group by person_id, island
),
interruptions as (
    select person_id, therapies.last + 1 - first_dispensing as days
    from firsts join therapies using (person_id) join persons using (person_id)
    where first_dispensing between therapies.first and therapies.last
        and therapies.last + 1 + $therapy_gap_days <= persons.last_day
),

-- Pairs: the days of the year on which two substances are covered, the most of any pair.
taken as (
    select person_id, substance, min(first) as first, max(last) as last
    from (
        select *, sum(begins::int) over (partition by person_id, substance order by first, last) as island
        from (
            select *, coalesce(first > max(last) over (
                partition by person_id, substance order by first, last
                rows between unbounded preceding and 1 preceding
            ), true) as begins
            from (
                select person_id, substance, greatest(date, $year_start) as first, least(last, $year_end) as last
                from dispensings
                where last >= greatest(date, $year_start) and date <= $year_end
            )
        )
    )
    group by person_id, substance, island
),
pairs as (
    select person_id, sum(least(one.last, other.last) - greatest(one.first, other.first) + 1) as days
    from taken as one join taken as other using (person_id)
    where one.substance < other.substance and one.first <= other.last and other.first <= one.last
    group by person_id, one.substance, other.substance
),
most as (
    select person_id, max(days) as days from pairs group by person_id
)
select person_id,
    if(follow_up_end > contact, greatest(longest, 1), 0) as longest_contact_gap,
    visits.days as days_to_csm_visit,
    interruptions.days as antipsychotic_days_to_interruption,
    coalesce(most.days, 0) as antipsychotic_overlap_days
from persons
    join gaps using (person_id)
    left join visits using (person_id)
    left join interruptions using (person_id)
    left join most using (person_id)

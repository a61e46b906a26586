using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Life;

/// <summary>
/// Vaccines and screening that a checkup is used for: children by the CDC/ACIP schedule; influenza in autumn, about half of adults (50.2
/// % in 2020-21, CDC FluVaxView) and 58.6 % of children; colonoscopy from 45 and mammography at 40 to 74 as the US Preventive Services
/// Task Force recommends. Uptakes that are not named here are chosen to be plausible.
/// </summary>
internal sealed class Preventive(Rng rng, Person person, Chart chart)
{
    private readonly HashSet<Concept> _given = [];
    private int _lastMonths = -1;
    private int _lastFluYear;
    private int _nextTetanusYear;
    private int _nextMammogramYear;
    private bool _scoped;

    public void Care(VisitEntry visit)
    {
        var born = person.BirthDate;
        var months = (visit.At.Year - born.Year) * 12 + visit.At.Month - born.Month;
        ChildVaccines(visit, months);
        Influenza(visit, months);
        if (months >= 18 * 12)
            AdultVaccines(visit, months / 12);
        Screening(visit, months / 12);
    }

    private void ChildVaccines(VisitEntry visit, int months)
    {
        foreach (var (due, vaccines) in Vaccine.ChildSchedule)
        {
            // A dose is given at the first checkup within two years of its due date; what was due earlier belongs to another record.
            if (due > months || due <= _lastMonths || months - due > 24)
                continue;
            foreach (var vaccine in vaccines)
            {
                if (rng.Chance(0.92))
                    Give(visit, vaccine);
            }
        }
        _lastMonths = months;
    }

    private void Influenza(VisitEntry visit, int months)
    {
        if (months < 6 || visit.At.Month is < 9 or > 12 || visit.At.Year == _lastFluYear || !rng.Chance(months < 18 * 12 ? 0.586 : 0.502))
            return;
        _lastFluYear = visit.At.Year;
        Give(visit, Vaccine.Influenza);
    }

    private void AdultVaccines(VisitEntry visit, int age)
    {
        if (_nextTetanusYear == 0)
            _nextTetanusYear = visit.At.Year + rng.Below(10);
        if (visit.At.Year >= _nextTetanusYear)
        {
            Give(visit, rng.Chance(0.4) ? Vaccine.TetanusDiphtheriaPertussis : Vaccine.TetanusDiphtheria);
            _nextTetanusYear = visit.At.Year + 10;
        }
        if (age >= 50 && rng.Chance(0.15))
            Once(visit, Vaccine.Zoster);
        if (age >= 65 && rng.Chance(0.25))
            Once(visit, Vaccine.Pneumococcal23);
    }

    private void Screening(VisitEntry visit, int age)
    {
        if (!_scoped && age is >= 45 and <= 75 && rng.Chance(0.12))
        {
            _scoped = true;
            chart.Entries.Add(new ProcedureEntry(chart.NextOrdinal, visit.Ordinal, visit.At.AddMinutes(12), Intervention.Colonoscopy, 40));
        }
        if (person.Female && age is >= 40 and <= 74 && visit.At.Year >= _nextMammogramYear && rng.Chance(0.6))
        {
            _nextMammogramYear = visit.At.Year + 2;
            chart.Entries.Add(new ProcedureEntry(chart.NextOrdinal, visit.Ordinal, visit.At.AddMinutes(12), Intervention.Mammography, 20));
        }
    }

    private void Once(VisitEntry visit, Concept vaccine)
    {
        if (_given.Add(vaccine))
            Give(visit, vaccine);
    }

    private void Give(VisitEntry visit, Concept vaccine) =>
        chart.Entries.Add(new ImmunizationEntry(chart.NextOrdinal, visit.Ordinal, visit.At.AddMinutes(12), vaccine));
}

using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Life;

/// <summary>When somebody sees a doctor, and what about.</summary>
internal sealed record PlannedVisit(DateTime At, VisitKind Kind, Complaint? Complaint);

/// <summary>
/// Plans the visits of the years before the reference date, in order of time. About 2.7 office visits a person and year (267 per 100
/// persons, National Ambulatory Medical Care Survey 2018); emergency and inpatient rates are chosen to be plausible and rise with age.
/// Infants are seen at the ages of the Bright Futures schedule (American Academy of Pediatrics).
/// </summary>
internal sealed class VisitPlan(Rng rng, Person person, Traits traits, SyntheticOptions options)
{
    /// <summary>Nothing starts later than this before the reference date, so that stays end and results arrive before it.</summary>
    private const int LastDays = 16;

    private static readonly int[] InfantMonths = [1, 2, 4, 6, 9, 12, 15, 18, 24, 30];

    private readonly List<PlannedVisit> _visits = [];

    public List<PlannedVisit> All()
    {
        var end = options.ReferenceDate.AddDays(-LastDays);
        var start = options.ReferenceDate.AddYears(-options.Years);
        for (var year = 0; year < options.Years; year++)
        {
            var from = start.AddYears(year);
            if (from < end && from.AddYears(1) > person.BirthDate)
                PlanYear(from, end);
        }
        PlanInfancy(start, end);
        if (_visits.Count == 0)
            _visits.Add(new(Office(end.AddDays(-rng.Below(20))), VisitKind.Checkup, null));
        _visits.Sort((a, b) => a.At.CompareTo(b.At));
        return _visits;
    }

    private void PlanYear(DateOnly from, DateOnly end)
    {
        var age = person.AgeOn(from);
        if (age >= 3 && rng.Chance(age is < 18 or >= 50 ? 0.85 : 0.6))
            Add(from, end, VisitKind.Checkup, null);
        var followUps = traits.Chronic.Count == 0 || age < 18 ? 0 : Math.Min(3, 1 + traits.Chronic.Count / 2);
        for (var i = 0; i < followUps; i++)
        {
            if (rng.Chance(0.7))
                Add(from, end, VisitKind.FollowUp, null);
        }
        for (var i = 0; i < 3; i++)
        {
            if (rng.Chance(0.3))
                Add(from, end, VisitKind.Complaint, Ailment(age));
        }
        if (rng.Chance(age < 65 ? 0.12 : 0.22))
            Add(from, end, VisitKind.Emergency, null);
        if (rng.Chance(age < 18 ? 0.01 : age < 65 ? 0.04 : 0.14))
            Add(from, end, VisitKind.Inpatient, null);
    }

    private void PlanInfancy(DateOnly start, DateOnly end)
    {
        foreach (var months in InfantMonths)
        {
            var day = person.BirthDate.AddMonths(months).AddDays(rng.Below(7) - 3);
            if (day >= start && day <= end)
                _visits.Add(new(Office(day), VisitKind.Checkup, null));
        }
    }

    private void Add(DateOnly from, DateOnly end, VisitKind kind, Complaint? complaint)
    {
        var day = from.AddDays(rng.Below(365));
        if (day > end || day <= person.BirthDate)
            return;
        var at = kind is VisitKind.Emergency or VisitKind.Inpatient
            ? day.ToDateTime(new TimeOnly(rng.Below(24), rng.Below(60)))
            : Office(day);
        _visits.Add(new(at, kind, complaint));
    }

    private DateTime Office(DateOnly day) => day.ToDateTime(new TimeOnly(rng.Between(8, 16), 5 * rng.Below(12)));

    private Complaint Ailment(int age)
    {
        var total = 0.0;
        foreach (var complaint in Complaint.All)
            total += Weight(complaint, age);
        var u = rng.Unit() * total;
        foreach (var complaint in Complaint.All)
        {
            u -= Weight(complaint, age);
            if (u < 0)
                return complaint;
        }
        return Complaint.All[^1];
    }

    private double Weight(Complaint complaint, int age) =>
        age < complaint.LeastAge || age > complaint.MostAge || (complaint.WomenOnly && !person.Female) ? 0 : complaint.Weight;
}

using System.Collections.Immutable;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>
/// How much the alerts of a time ask of those who get them: a fold over the lines of the alert and census feeds of any patients, in each
/// patient's order; a line that comes twice counts once. About 200 bytes for each episode and stay.
/// </summary>
/// <param name="from">Episodes that were raised from here on count, and the days from here on.</param>
/// <param name="until">Up to here, exclusively; stays that are not over count until here, so that it is not after now.</param>
public sealed class AlertBurden(DateTimeOffset from, DateTimeOffset until)
{
    private readonly Dictionary<(string Patient, int Alert), Course> _courses = [];
    private readonly Dictionary<string, Chart> _stays = [];

    /// <param name="patient">Whose log the line is of; only told from others.</param>
    /// <param name="happened">What is neither an alert event nor a version with <see cref="Placed"/> changes nothing.</param>
    public void Add(string patient, Event happened)
    {
        switch (happened)
        {
            case AlertRaised raised when raised.At >= from && raised.At < until:
                _courses.TryAdd((patient, raised.Alert), new Course(raised.Unit, raised.Rule, raised.At));
                break;
            case AlertEvent alert when _courses.TryGetValue((patient, alert.Alert), out var course):
                course.Add(alert);
                break;
            case ResourceStored stored:
                var placed = stored.Body.Findings.Where(finding => finding is Placed).ToImmutableArray();
                if (!placed.IsEmpty)
                    _stays[patient] = _stays.GetValueOrDefault(patient, Chart.Empty).With(stored.Key, stored.Version, placed);
                break;
        }
    }

    /// <summary>For each unit its rules, ordinal order; then the unit as a whole, with <see cref="BurdenRow.Rule"/> null.</summary>
    public ImmutableArray<BurdenRow> Report()
    {
        var days = DaysByUnit();
        var units = _courses.Values.Select(course => course.Unit).Concat(days.Keys.Select(string? (unit) => unit)).Distinct()
            .Order(StringComparer.Ordinal);
        var rows = ImmutableArray.CreateBuilder<BurdenRow>();
        foreach (string? unit in units)
        {
            Course[] here = [.. _courses.Values.Where(course => course.Unit == unit)];
            double? there = unit is not null && days.TryGetValue(unit, out double lain) ? lain : null;
            foreach (var rule in here.GroupBy(course => course.Rule).OrderBy(group => group.Key, StringComparer.Ordinal))
                rows.Add(Row(unit, rule.Key, [.. rule], there));
            rows.Add(Row(unit, null, here, there));
        }
        return rows.ToImmutable();
    }

    private static BurdenRow Row(string? unit, string? rule, Course[] courses, double? days)
    {
        TimeSpan[] waits = [.. courses.Where(course => course.Waited is not null).Select(course => course.Waited!.Value).Order()];
        return new BurdenRow
        {
            Unit = unit,
            Rule = rule,
            Alerts = courses.Length,
            PatientDays = days,
            MedianToAcknowledge = waits.Length == 0 ? null : (waits[(waits.Length - 1) / 2] + waits[waits.Length / 2]) / 2,
            Acknowledged = waits.Length,
            Escalated = courses.Count(course => course.IsEscalated),
            Overridden = courses.Count(course => course.IsOverridden),
            Withdrawn = courses.Count(course => course.IsWithdrawn),
        };
    }

    private Dictionary<string, double> DaysByUnit()
    {
        var days = new Dictionary<string, double>();
        foreach (var chart in _stays.Values)
        {
            // Between two of these moments nobody moves; where stays overlap, the one that began last says where the patient lay.
            DateTimeOffset[] moments = [.. chart.Stays.SelectMany(stay => new[] { stay.Finding.From, stay.Finding.Until ?? until })
                .Append(from).Append(until).Where(moment => moment >= from && moment <= until).Distinct().Order()];
            foreach (var (start, end) in moments.Zip(moments.Skip(1)))
            {
                if (chart.UnitAt(start) is { } unit)
                    days[unit] = days.GetValueOrDefault(unit) + (end - start).TotalDays;
            }
        }
        return days;
    }

    /// <summary>What became of an episode.</summary>
    private sealed class Course(string? unit, string rule, DateTimeOffset raisedAt)
    {
        public string? Unit => unit;

        public string Rule => rule;

        /// <summary>Until the first acknowledgement; null when there was none.</summary>
        public TimeSpan? Waited { get; private set; }

        public bool IsEscalated { get; private set; }
        public bool IsOverridden { get; private set; }
        public bool IsWithdrawn { get; private set; }

        public void Add(AlertEvent happened)
        {
            switch (happened)
            {
                case AlertAcknowledged:
                    Waited ??= happened.At - raisedAt;
                    break;
                case AlertEscalated:
                    IsEscalated = true;
                    break;
                case AlertOverridden:
                    IsOverridden = true;
                    break;
                case AlertWithdrawn:
                    IsWithdrawn = true;
                    break;
            }
        }
    }
}

/// <summary>A line of the burden report; it counts the episodes that were raised in its time, where the patient lay then.</summary>
public sealed record BurdenRow
{
    /// <summary>Null for patients of whom no encounter said where they lay.</summary>
    public required string? Unit { get; init; }

    /// <summary>Null for all rules of the unit together.</summary>
    public required string? Rule { get; init; }

    public required int Alerts { get; init; }

    /// <summary>Days that patients lay in the unit; null when no encounter says.</summary>
    public required double? PatientDays { get; init; }

    public double? AlertsPerPatientDay => PatientDays > 0 ? Alerts / PatientDays : null;

    /// <summary>From raising to the first acknowledgement, of those that were acknowledged; null when none was.</summary>
    public required TimeSpan? MedianToAcknowledge { get; init; }

    public required int Acknowledged { get; init; }

    /// <summary>At least once.</summary>
    public required int Escalated { get; init; }

    public required int Overridden { get; init; }

    public required int Withdrawn { get; init; }

    /// <summary>The share of a count in the alerts, 0 to 1; null when there were none.</summary>
    public double? ShareOf(int count) => Alerts == 0 ? null : (double)count / Alerts;
}

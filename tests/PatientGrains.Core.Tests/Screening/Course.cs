using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Tests;

/// <summary>What happened to a made-up patient, by hours from a zero; each line is a statement of its own.</summary>
internal sealed class Course
{
    public static readonly DateTimeOffset Zero = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private int _statements;

    public Chart Chart { get; private set; } = Chart.Empty;

    public static DateTimeOffset At(double hours) => Zero.AddHours(hours);

    public Course Measure(Variable variable, decimal value, double at, double? from = null) =>
        Say(new Measured { Variable = variable, Value = value, At = At(at), From = from is { } start ? At(start) : null });

    public Course Give(Drug drug, double at, double? until = null, decimal? rate = null, bool isRunning = false) =>
        Say(new Given
        {
            Drug = drug, At = At(at), Until = until is { } end ? At(end) : null, RateMcgPerKgMin = rate, IsRunning = isRunning,
        });

    public Course Culture(double at) => Say(new Cultured { At = At(at) });

    /// <summary>Both, as close as they can be: infection is suspected from this time.</summary>
    public Course Suspect(double at) => Culture(at).Give(Drug.Antimicrobial, at);

    /// <summary>A new version of the statement of that number (from 1) says this instead.</summary>
    public Course Correct(int statement, Variable variable, decimal value, double at)
    {
        Chart = Chart.With(Key(statement), 2, [new Measured { Variable = variable, Value = value, At = At(at) }]);
        return this;
    }

    public Course Delete(int statement)
    {
        Chart = Chart.Without(Key(statement));
        return this;
    }

    public static ResourceKey Key(int statement) => new("Observation", $"o{statement}");

    private Course Say(Finding finding)
    {
        Chart = Chart.With(Key(++_statements), 1, [finding]);
        return this;
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Tests.Screening;

/// <summary>Small charts that tests start from.</summary>
internal static class Charts
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Each value from an observation of its own, named after its variable.</summary>
    public static Chart Of(params ReadOnlySpan<(Variable Variable, decimal Value)> values)
    {
        var chart = Chart.Empty;
        foreach (var (variable, value) in values)
            chart = chart.And(variable, value, Now);
        return chart;
    }

    public static Chart And(this Chart chart, Variable variable, decimal value, DateTimeOffset at, int version = 1, string? id = null) =>
        chart.With(Key(id ?? $"{variable}"), version, [Value(variable, value, at)]);

    public static Chart AndHoursAgo(this Chart chart, double hours, Variable variable, decimal value) =>
        chart.And(variable, value, Now.AddHours(-hours), id: $"{variable}-{hours}");

    public static ResourceKey Key(string id) => new("Observation", id);

    public static Measured Value(Variable variable, decimal value, DateTimeOffset at, bool isPreliminary = false) =>
        new() { Variable = variable, Value = value, At = at, IsPreliminary = isPreliminary };

    /// <summary>Points of the criterion of a variable; 0 when it is not among them.</summary>
    public static int PointsOf(this Assessment assessment, Variable variable) =>
        assessment.Criteria.Where(criterion => criterion.Variable == variable).Sum(criterion => criterion.Points ?? 0);

    public static string[] Names(this Assessment assessment) => [.. assessment.Criteria.Select(criterion => criterion.Name)];

    /// <summary>All that an assessment says.</summary>
    public static string Text(Assessment assessment) => JsonSerializer.Serialize(assessment);

    /// <summary>All that a chart holds, in its order.</summary>
    public static string Text(Chart chart) => JsonSerializer.Serialize(new
    {
        Series = Enum.GetValues<Variable>().Select(variable => chart.Series(variable).ToArray()),
        chart.Drugs,
        chart.Cultures,
        chart.Stays,
        chart.Birth,
    });

    public static Chart Together(params ReadOnlySpan<Finding> findings) => Chart.Empty.With(Key("all"), 1, [.. findings]);
}

using System.Collections.Immutable;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests.Alerts;

/// <summary>
/// A patient whose values arrive one by one, screened by two small rules whose answers can be told by looking: heart rate, and lactate.
/// </summary>
/// <param name="published">Screened by the rules that run instead.</param>
internal sealed class Bedside(bool published = false)
{
    /// <summary>Warning from 120/min, Critical from 150/min; two hours to recover, adults.</summary>
    public static readonly ScreeningRule Heart = Threshold(
        "heart", Variable.HeartRate, TimeSpan.FromHours(2), 18, (120, Severity.Warning), (135, Severity.Urgent), (150, Severity.Critical));

    /// <summary>Urgent from 4 mmol/L; an hour to recover, any age.</summary>
    public static readonly ScreeningRule Lactate = Threshold(
        "lactate", Variable.Lactate, TimeSpan.FromHours(1), 0, (4, Severity.Urgent));

    private static readonly Screener Small = new([Heart, Lactate]);

    private int _messages;
    private Submit? _said;

    public Screener Screener { get; } = published ? Screener.Published : Small;

    public PatientRecord Record { get; } = new();

    public List<Event> Log { get; } = [];

    public Decision Last { get; private set; } = new([], new Woken());

    /// <summary>Noon of a day; tests move it.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public IEnumerable<AlertEvent> Alerts => Log.OfType<AlertEvent>();

    /// <summary>The alert events of the newest command.</summary>
    public AlertEvent[] News => [.. Last.Events.OfType<AlertEvent>()];

    public DateTimeOffset? Due => Screener.DueAt(Record);

    public Outcome Do(Command command)
    {
        Last = RecordDecider.Decide(Record, command, new Facts(Now, $"entry-{Log.Count}", "Patient/p"), Screener);
        foreach (var happened in Last.Events)
            RecordFold.Evolve(Record, happened);
        Log.AddRange(Last.Events);
        return Last.Outcome;
    }

    /// <summary>A statement with these findings arrives now.</summary>
    public AlertEvent[] Say(string key, params ImmutableArray<Finding> findings) => Say(Clinician.Source, key, findings);

    public AlertEvent[] Say(string source, string key, ImmutableArray<Finding> findings)
    {
        int number = ++_messages;
        var body = Body($"{{\"n\":{number}}}") with { Findings = findings };
        Do(_said = Submission($"m{number}", Update(key, body)) with { Who = Clinician with { Source = source } });
        return News;
    }

    /// <summary>The newest statement arrives once more.</summary>
    public void SayAgain()
    {
        if (_said is not null)
            Do(_said);
    }

    public AlertEvent[] Remove(string key)
    {
        Do(Submission($"m{++_messages}", Delete(key)));
        return News;
    }

    /// <summary>A heart rate that holds now arrives now.</summary>
    public AlertEvent[] Beats(int perMin, string? key = null) => Say(key ?? $"Observation/h{_messages}", HeartRate(perMin, Now));

    public AlertEvent[] Wake()
    {
        Do(new WakeUp { Who = null });
        return News;
    }

    public static Measured HeartRate(int perMin, DateTimeOffset at) => new() { Variable = Variable.HeartRate, Value = perMin, At = at };

    public static Measured LactateOf(decimal mmolPerL, DateTimeOffset at) =>
        new() { Variable = Variable.Lactate, Value = mmolPerL, At = at };

    private static ScreeningRule Threshold(
        string id, Variable variable, TimeSpan recovery, int minimumAge, params (decimal From, Severity Severity)[] steps) =>
        new(id, 1, id, "ours", [variable], recovery, minimumAge, (chart, at) =>
        {
            if (chart.Fresh(variable, at) is not { } reading)
                return new Assessment { Missing = [variable] };
            var met = steps.LastOrDefault(step => reading.Value >= step.From);
            return met == default ? Assessment.None : new Assessment
            {
                Severity = met.Severity,
                Score = reading.Value,
                Criteria =
                [
                    new MetCriterion
                    {
                        Name = $"{id} >= {met.From}", Variable = variable, Value = reading.Value, Unit = Variables.Of(variable).Unit,
                        At = reading.At, Key = reading.Key, Version = reading.Version,
                    },
                ],
            };
        });
}

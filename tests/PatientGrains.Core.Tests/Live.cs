using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Tests;

/// <summary>A record that lives as in a grain: what is decided is folded at once, and time moves by a second with each command.</summary>
internal sealed class Live
{
    public PatientRecord Record { get; } = new();

    public List<Event> Log { get; } = [];

    /// <summary>The time of the newest command.</summary>
    public DateTimeOffset Now { get; private set; } = Samples.At;

    /// <summary>What the newest command came to.</summary>
    public Decision Last { get; private set; } = new([], new AccessNoted());

    public static Live After(params ImmutableArray<Change> changes)
    {
        var live = new Live();
        for (int i = 0; i < changes.Length; i++)
            live.Do(Samples.Submission($"given-{i}", changes[i]));
        return live;
    }

    public Outcome Do(Command command)
    {
        Now = Now.AddSeconds(1);
        Last = RecordDecider.Decide(Record, command, NextFacts);
        foreach (var happened in Last.Events)
            RecordFold.Evolve(Record, happened);
        Log.AddRange(Last.Events);
        return Last.Outcome;
    }

    public Facts NextFacts => new(Now, $"entry-{Log.Count}");

    /// <summary>The access entry that the newest command wrote.</summary>
    public AccessEntry Entry => Last.Events.OfType<AccessRecorded>().Single().Entry;

    /// <summary>The event of a sequence number; the first event of a log is 0.</summary>
    public Event EventAt(long seq) => Log[(int)seq];

    public Statement this[string key] => Record.Find(ResourceKey.Parse(key))!;
}

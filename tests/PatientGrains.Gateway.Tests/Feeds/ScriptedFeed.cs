using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Gateway.Tests.Feeds;

/// <summary>A feed and its records as a hub sees them: every line and every answer is up to the test, every access entry is kept.</summary>
internal sealed class ScriptedFeed(int seed = 1) : IFeedGrain
{
    public const string StoreId = "store-1";

    private readonly Lock _lock = new();
    private readonly List<(FeedLine Line, AlertEvent Event)> _lines = [];
    private readonly Random _random = new(seed);
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was written down: which request got which event of which log.</summary>
    public ConcurrentDictionary<(string Request, string Log, long Seq), int> Entries { get; } = [];

    /// <summary>What each question to a record brought; in the order in which they came.</summary>
    public ConcurrentQueue<(string Log, ReleaseFeed Command)> Asked { get; } = [];

    /// <summary>Called before a record answers; what it returns is answered instead.</summary>
    public Func<string, ReleaseFeed, Task<Outcome?>> Before { get; set; } = (_, _) => Task.FromResult<Outcome?>(null);

    /// <summary>What security logs took.</summary>
    public ConcurrentQueue<NoteAccess> Noted { get; } = [];

    /// <summary>What a security log answers; nothing: it takes the entry.</summary>
    public Func<string, Outcome?> BeforeNote { get; set; } = _ => null;

    /// <summary>How often, of a hundred, a record is busy or throws.</summary>
    public int Troubles { get; set; }

    /// <summary>Whether records answer before they are waited for; else they take a few turns of the scheduler.</summary>
    public bool IsPrompt { get; init; }

    public IReadOnlyList<(FeedLine Line, AlertEvent Event)> Lines
    {
        get
        {
            lock (_lock)
                return [.. _lines];
        }
    }

    public void Add(string patient, string rule = "news2", Severity severity = Severity.Warning, string? unit = null)
    {
        lock (_lock)
        {
            string log = "Patient/" + patient;
            int before = _lines.Count(line => line.Line.Log == log);
            _lines.Add((new FeedLine(_lines.Count + 1, log, before + 1), new AlertEscalated
            {
                Alert = 1, Number = before + 1, At = DateTimeOffset.UnixEpoch, Rule = rule, Severity = severity, Unit = unit, Step = 1,
            }));
            var grown = _grown;
            _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
            grown.SetResult();
        }
    }

    public async Task<FeedPage> Read(Feed feed, long after, int limit, int waitMillis)
    {
        Task grown;
        lock (_lock)
        {
            if (_lines.Count > after || waitMillis == 0)
                return new FeedPage(StoreId, [.. _lines.Skip((int)after).Take(limit).Select(line => line.Line)], _lines.Count);
            grown = _grown.Task;
        }
        await grown;
        return await Read(feed, after, limit, 0);
    }

    /// <summary>Where a hub finds it. A proxy, because Orleans's interface has more members than the embedded engine's.</summary>
    public IGrainFactory Grains()
    {
        var grains = DispatchProxy.Create<IGrainFactory, Factory>();
        ((Factory)grains).Feed = this;
        return grains;
    }

    public class Factory : DispatchProxy
    {
        internal ScriptedFeed Feed { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod is not { Name: nameof(IGrainFactory.GetGrain), IsGenericMethod: true } || args is not [string key, ..])
                throw new NotSupportedException();
            var type = targetMethod.GetGenericArguments()[0];
            return type == typeof(IFeedGrain) ? Feed : new ScriptedRecord(Feed, type == typeof(IPatientGrain) ? "Patient/" + key : key);
        }
    }

    private int Chance(int below)
    {
        lock (_random)
            return _random.Next(below);
    }

    private async Task<Outcome> Release(string log, ReleaseFeed command)
    {
        Asked.Enqueue((log, command));
        if (await Before(log, command) is { } instead)
            return instead;
        for (int turns = IsPrompt ? 0 : Chance(4); turns > 0; turns--)
            await Task.Yield();
        if (Chance(100) < Troubles)
            return Chance(2) == 0 ? new Refused(Rule.Busy) : throw new TimeoutException();
        var events = Lines.Where(line => line.Line.Log == log && command.Seqs.Contains(line.Line.Seq)).ToList();
        var results = ImmutableArray.CreateBuilder<DeliveryResult>();
        foreach (var to in command.To)
        {
            int[] items = [.. Enumerable.Range(0, events.Count).Where(i => Matches(to.Filter, events[i].Event))];
            results.Add(new DeliveryResult([.. items], null));
            foreach (int item in items)
                Entries.AddOrUpdate((to.RequestId!, log, events[item].Line.Seq), 1, (_, times) => times + 1);
        }
        return new FeedReleased([.. events.Select(line => new FeedItem(line.Line.Seq, line.Event))], results.ToImmutable());
    }

    private Task<Outcome> Note(string log, NoteAccess note)
    {
        if (BeforeNote(log) is { } instead)
            return Task.FromResult(instead);
        Noted.Enqueue(note);
        return Task.FromResult<Outcome>(new AccessNoted());
    }

    public static bool Matches(FeedFilter filter, AlertEvent happened) =>
        (filter.Rules.IsEmpty || filter.Rules.Contains(happened.Rule))
        && (filter.Units.IsEmpty || (happened.Unit is { } unit && filter.Units.Contains(unit)))
        && !(happened.Severity < filter.MinSeverity);

    private sealed class ScriptedRecord(ScriptedFeed feed, string log) : IPatientGrain, IDirectoryGrain, ISecurityGrain
    {
        public Task<Outcome> Ask(Command command) => command switch
        {
            ReleaseFeed release => feed.Release(log, release),
            NoteAccess note => feed.Note(log, note),
            _ => throw new NotSupportedException(),
        };

        public Task<Outcome> Transact(Transaction transaction) => throw new NotSupportedException();

        public Task<Preparation> Prepare(Submit submit) => throw new NotSupportedException();

        public Task<bool> Settle(string preparation, bool committed) => throw new NotSupportedException();
    }
}

using System.Collections.Concurrent;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Log;
using PatientGrains.Log.Tests;

namespace PatientGrains.Grains.Tests;

/// <summary>The waker alone, over a store in memory and a clock that stands until it is moved; what it wakes is scripted.</summary>
public sealed class DueWakerTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private readonly ScriptedLog _log = new(new InMemoryLog());
    private readonly KeyRing _ring = KeyRing.Ephemeral();
    private readonly List<DueWaker> _wakers = [];
    private readonly ConcurrentQueue<(string Name, DateTimeOffset At)> _woken = [];
    private readonly DateTimeOffset _start;
    private readonly CancellationTokenSource _patience = new(RecordCluster.Patience);

    /// <summary>What a record does when it is woken; what it leaves is due as before.</summary>
    private Func<string, Task<Outcome>> _answer;

    public DueWakerTests()
    {
        _start = _clock.GetUtcNow();
        _answer = Settle;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var waker in _wakers)
        {
            await waker.StopAsync(CancellationToken.None);
            waker.Dispose();
        }
        _ring.Dispose();
        _patience.Dispose();
    }

    [Fact]
    public async Task A_record_is_woken_when_it_is_due_and_not_before()
    {
        await MakeDue("Patient/a", TimeSpan.FromMinutes(15));
        await Start();
        await Until(() => _woken.Count == 1);
        Assert.Equal("Patient/a", _woken.Single().Name);
        Assert.True(_woken.Single().At - _start >= TimeSpan.FromMinutes(15));
        await Pass(TimeSpan.FromHours(1));
        Assert.Single(_woken);
    }

    [Fact]
    public async Task What_became_due_while_nobody_ran_is_woken_at_the_start()
    {
        await MakeDue("Patient/a", TimeSpan.FromMinutes(-60));
        await MakeDue("Patient/b", TimeSpan.FromMinutes(-5));
        await Start();
        await Until(() => _woken.Count == 2, move: TimeSpan.Zero);
        Assert.Equal(["Patient/a", "Patient/b"], _woken.Select(woken => woken.Name).Order());
    }

    [Fact]
    public async Task A_time_that_is_set_later_and_lies_earlier_is_kept_too()
    {
        await MakeDue("Patient/late", TimeSpan.FromSeconds(50));
        await Start();
        await Pass(TimeSpan.FromSeconds(1));
        await MakeDue("Patient/soon", TimeSpan.FromSeconds(10));
        await MakeDue("Patient/now", TimeSpan.FromSeconds(-10));
        await Until(() => _woken.Any(woken => woken.Name == "Patient/now"), move: TimeSpan.Zero);
        // Those that are due together are woken side by side: the clock stands before the last is due until the one before it was woken.
        await Until(() => _woken.Count == 2, end: _start + TimeSpan.FromSeconds(40));
        await Until(() => _woken.Count == 3);
        Assert.Equal(["Patient/now", "Patient/soon", "Patient/late"], _woken.Select(woken => woken.Name));
        Assert.True(_woken.ElementAt(1).At - _start >= TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("refuses")]
    [InlineData("forgets")]
    public async Task A_wake_up_without_effect_is_repeated_ever_more_rarely_until_it_has_one(string failure)
    {
        int tries = 0;
        _answer = name => Interlocked.Increment(ref tries) > 6 ? Settle(name) : failure switch
        {
            "throws" => throw new TimeoutException("planted"),
            "refuses" => Task.FromResult<Outcome>(new Refused(Rule.Interrupted)),
            _ => Task.FromResult<Outcome>(new Woken()),
        };
        await MakeDue("Patient/a", TimeSpan.Zero);
        await Start();
        await Until(() => _woken.Count == 7);
        var times = _woken.Select(woken => woken.At).ToList();
        for (int i = 1; i < times.Count; i++)
            Assert.True(times[i] - times[i - 1] >= TimeSpan.FromSeconds(Math.Pow(2, i - 1)));
        await Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(7, _woken.Count);
    }

    [Fact]
    public async Task Many_are_woken_a_bounded_number_at_a_time_and_those_that_hang_hold_nobody_up()
    {
        const int records = 600, hanging = DueWaker.MostAtOnce - 1;
        var hang = new TaskCompletionSource();
        int now = 0, most = 0;
        var gate = new Lock();
        _answer = async name =>
        {
            lock (gate)
                most = Math.Max(most, ++now);
            if (name.StartsWith("Patient/hang", StringComparison.Ordinal))
                await hang.Task;
            await Task.Yield();
            lock (gate)
                now--;
            return await Settle(name);
        };
        for (int i = 0; i < hanging; i++)
            await MakeDue($"Patient/hang{i}", TimeSpan.FromMinutes(-10));
        for (int i = 0; i < records; i++)
            await MakeDue($"Patient/{i}", TimeSpan.FromSeconds(-i));
        await Start();
        await Until(() => _woken.Count == records + hanging, move: TimeSpan.Zero);
        hang.SetResult();
        Assert.Equal(records + hanging, _woken.Select(woken => woken.Name).Distinct().Count());
        Assert.InRange(most, 2, DueWaker.MostAtOnce);
    }

    [Fact]
    public async Task Two_wakers_on_one_store_leave_nothing_due_and_wake_what_is_not_due_never()
    {
        for (int i = 0; i < 50; i++)
            await MakeDue($"Patient/{i}", TimeSpan.FromSeconds(i));
        await MakeDue("Patient/never", TimeSpan.FromDays(1000));
        await Start();
        await Start();
        await Until(() => _woken.Select(woken => woken.Name).Distinct().Count() == 50);
        await Pass(TimeSpan.FromMinutes(10));
        Assert.DoesNotContain(_woken, woken => woken.Name == "Patient/never");
        Assert.InRange(_woken.Count, 50, 100);
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_for_a_while_is_asked_again()
    {
        _log.FailDue = 3;
        await MakeDue("Patient/a", TimeSpan.Zero);
        await Start();
        await Until(() => _woken.Count == 1);
    }

    [Fact]
    public async Task An_erased_record_is_not_woken()
    {
        await MakeDue("Patient/a", TimeSpan.FromSeconds(5));
        await MakeDue("Patient/b", TimeSpan.FromSeconds(9));
        await _log.Erase(_ring.Blind(new LogName("Patient/a")));
        await Start();
        await Until(() => _woken.Any(woken => woken.Name == "Patient/b"));
        Assert.Single(_woken);
    }

    private async Task Start()
    {
        var waker = new DueWaker(_log, new LogNames(_log, _ring), _clock, name =>
        {
            _woken.Enqueue((name, _clock.GetUtcNow()));
            return _answer(name);
        });
        _wakers.Add(waker);
        await waker.StartAsync(CancellationToken.None);
    }

    /// <summary>An alert that escalates then: the record is due.</summary>
    private Task MakeDue(string name, TimeSpan after) => Append(name, new AlertRaised
    {
        Alert = 1, Number = 1, At = _start, Rule = "test", Severity = Severity.Urgent, EscalatesAt = _start + after,
        Reason = new AlertReason { RuleVersion = 1, Publication = "none", AssessedAt = _start },
    });

    private async Task<Outcome> Settle(string name)
    {
        try
        {
            await Append(name, new AlertAcknowledged
            {
                Alert = 1, Number = 2, At = _start, Rule = "test", Severity = Severity.Urgent, By = "nobody",
            });
            return new Woken();
        }
        catch (JournalLostException)
        {
            // The other waker came first.
            return new Refused(Rule.Interrupted);
        }
    }

    private async Task Append(string name, Event happened)
    {
        using var journal = await new RecordHost(_log, _ring, _clock, new JournalOptions()).Open(name, CancellationToken.None);
        await journal.Execute<int>(_ => new([happened], 0));
    }

    /// <summary>Moves the clock in small steps until it is so, and no further than to an end.</summary>
    private async Task Until(Func<bool> isSo, TimeSpan? move = null, DateTimeOffset? end = null)
    {
        while (!isSo())
        {
            var by = move ?? TimeSpan.FromMilliseconds(250);
            await Step(_clock.GetUtcNow() + by > end ? TimeSpan.Zero : by);
        }
    }

    private async Task Pass(TimeSpan time)
    {
        for (int i = 0; i < 200; i++)
            await Step(time / 200);
    }

    /// <summary>Lets whoever is at work go on before and after the clock moves. It stands while no waker sleeps: a machine that is slow
    /// must not let pass in between what a waker would have been woken for.</summary>
    private async Task Step(TimeSpan by)
    {
        for (int i = 0; i < 20 || _clock.NextDue is null; i++)
        {
            _patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        _clock.Move(by);
    }
}

using PatientGrains.Gateway.Admission;
using PatientGrains.Gateway.Tests.Feeds;

namespace PatientGrains.Gateway.Tests.Admission;

public sealed class TurnstileTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly List<Turnstile> _made = [];

    public void Dispose() => _made.ForEach(turnstile => turnstile.Dispose());

    [Fact]
    public async Task Who_is_alone_uses_all_of_it_and_waits_past_that()
    {
        var turnstile = New(limit: 4, own: 1);
        var inside = await In(turnstile, "bulk", 4);
        var next = Ask(turnstile, "bulk");
        Assert.False(next.IsCompleted);
        inside[0].Dispose();
        Assert.NotNull(await next);
    }

    /// <summary>However much another source has under way and waiting, what is its own is free.</summary>
    [Fact]
    public async Task A_source_that_asks_for_little_is_let_in_at_once_during_a_flood()
    {
        var turnstile = New(limit: 4, own: 2);
        await In(turnstile, "bulk", 4);
        var waiting = Enumerable.Range(0, 100).Select(_ => Ask(turnstile, "bulk")).ToList();
        Assert.True(Ask(turnstile, "ward").IsCompletedSuccessfully);
        Assert.True(Ask(turnstile, "ward").IsCompletedSuccessfully);
        Assert.False(Ask(turnstile, "ward").IsCompleted);
        Assert.All(waiting, one => Assert.False(one.IsCompleted));
    }

    [Fact]
    public async Task Sources_that_wait_are_let_in_in_turn_however_long_their_queues_are()
    {
        var turnstile = New(limit: 2, own: 0);
        var order = new List<string>();
        var inside = new Queue<Turnstile.Place>(await In(turnstile, "bulk", 2));
        var waiting = Enumerable.Range(0, 30).Select(_ => (Source: "bulk", Entered: Ask(turnstile, "bulk"))).ToList();
        waiting.AddRange(Enumerable.Range(0, 10).Select(_ => (Source: "ward", Entered: Ask(turnstile, "ward"))));
        while (waiting.Count > 0)
        {
            inside.Dequeue().Dispose();
            var (source, entered) = waiting.Find(one => one.Entered.IsCompleted);
            order.Add(source);
            inside.Enqueue((await entered)!);
            waiting.RemoveAll(one => one.Entered == entered);
        }
        // The bulk source had two before the ward came: the ward has those first, then they alternate until the ward is done.
        Assert.InRange(order.Take(20).Count(source => source == "ward"), 9, 10);
        Assert.Equal(40, order.Count);
    }

    [Fact]
    public async Task Large_requests_count_as_many_so_that_turns_are_fair_by_what_is_worked_on()
    {
        var turnstile = New(limit: 1, own: 0);
        var inside = (await In(turnstile, "other", 1))[0];
        var large = Enumerable.Range(0, 20).Select(_ => Ask(turnstile, "bulk", units: 10)).ToList();
        var small = Enumerable.Range(0, 200).Select(_ => Ask(turnstile, "ward")).ToList();
        int largeIn = 0, smallIn = 0;
        for (int i = 0; i < 110; i++)
        {
            inside.Dispose();
            var entered = large.Concat(small).Single(one => one.IsCompleted);
            if (large.Remove(entered))
                largeIn++;
            else if (small.Remove(entered))
                smallIn++;
            inside = (await entered)!;
        }
        Assert.InRange(smallIn, 90, 110);
        Assert.InRange(largeIn, 8, 12);
    }

    /// <summary>A source that was quiet for long does not come with a claim on all that it did not use.</summary>
    [Fact]
    public async Task Who_paused_saves_nothing_up()
    {
        var turnstile = New(limit: 1, own: 0);
        for (int i = 0; i < 1_000; i++)
            (await In(turnstile, "bulk", 1))[0].Dispose();
        var inside = (await In(turnstile, "bulk", 1))[0];
        var bulk = Enumerable.Range(0, 50).Select(_ => Ask(turnstile, "bulk")).ToList();
        var ward = Enumerable.Range(0, 50).Select(_ => Ask(turnstile, "ward")).ToList();
        for (int i = 0; i < 40; i++)
        {
            inside.Dispose();
            var entered = bulk.Concat(ward).Single(one => one.IsCompleted);
            bulk.Remove(entered);
            ward.Remove(entered);
            inside = (await entered)!;
        }
        Assert.InRange(50 - ward.Count, 19, 21);
    }

    [Fact]
    public async Task Past_what_may_wait_a_source_is_refused_and_others_are_not()
    {
        var turnstile = New(limit: 1, own: 0, maxWaiting: 3);
        await In(turnstile, "bulk", 1);
        var waiting = Enumerable.Range(0, 3).Select(_ => Ask(turnstile, "bulk")).ToList();
        Assert.True(turnstile.Refuses("bulk"));
        Assert.Null(await Ask(turnstile, "bulk"));
        Assert.False(turnstile.Refuses("ward"));
        Assert.False(Ask(turnstile, "ward").IsCompleted);
        // A stream waits, because what it has more of waits at its sender.
        Assert.False(Ask(turnstile, "bulk", isStream: true).IsCompleted);
        Assert.All(waiting, one => Assert.False(one.IsCompleted));
    }

    [Fact]
    public async Task What_waits_is_bounded_in_bytes_for_streams_too()
    {
        var turnstile = New(limit: 1, own: 0, maxBytes: 1_000);
        await In(turnstile, "bulk", 1);
        Assert.False(Ask(turnstile, "bulk", bytes: 900, isStream: true).IsCompleted);
        Assert.Null(await Ask(turnstile, "bulk", bytes: 200, isStream: true));
        Assert.False(Ask(turnstile, "bulk", bytes: 100).IsCompleted);
    }

    [Fact]
    public async Task Who_waits_too_long_is_told_so_and_a_stream_is_not()
    {
        var turnstile = New(limit: 1, own: 0);
        var inside = await In(turnstile, "bulk", 1);
        var single = Ask(turnstile, "bulk");
        var stream = Ask(turnstile, "bulk", isStream: true);
        _clock.Move(TimeSpan.FromMilliseconds(500));
        Assert.False(single.IsCompleted);
        _clock.Move(TimeSpan.FromMilliseconds(500));
        Assert.Null(await single);
        Assert.False(stream.IsCompleted);
        inside[0].Dispose();
        Assert.NotNull(await stream);
    }

    [Fact]
    public async Task Who_gives_up_makes_room_and_takes_none()
    {
        var turnstile = New(limit: 1, own: 0, maxWaiting: 1);
        var inside = await In(turnstile, "bulk", 1);
        using var leaving = new CancellationTokenSource();
        var gone = turnstile.Enter("bulk", 1, 0, false, leaving.Token).AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        var next = Ask(turnstile, "bulk");
        Assert.False(next.IsCompleted);
        inside[0].Dispose();
        Assert.NotNull(await next);
        Assert.Equal(1, turnstile.Look().UnderWay);
    }

    [Fact]
    public async Task A_place_that_is_given_back_twice_counts_once()
    {
        var turnstile = New(limit: 2, own: 0);
        var inside = await In(turnstile, "bulk", 2);
        inside[0].Dispose();
        inside[0].Dispose();
        Assert.Equal(1, turnstile.Look().UnderWay);
    }

    /// <summary>Many at once from several sources, some of whom leave: never more inside than may be, and everybody is heard.</summary>
    [Fact]
    public async Task However_many_come_at_once_no_more_are_inside_than_may_be()
    {
        var turnstile = New(limit: 5, own: 1);
        int inside = 0, most = 0, let = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 4_000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            using var leaving = new CancellationTokenSource();
            var entering = turnstile.Enter($"s{i % 3}", 1, 10, true, leaving.Token).AsTask();
            if (i % 7 == 0)
                await leaving.CancelAsync();
            try
            {
                using var place = await entering;
                int now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                Interlocked.Increment(ref let);
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(0, i % 7);
            }
        });
        Assert.InRange(most, 1, 5 + 3);
        Assert.InRange(let, 4_000 - (4_000 / 7) - 1, 4_000);
        Assert.Equal(0, turnstile.Look().UnderWay);
        Assert.All(turnstile.Look().Waiting, one => Assert.Equal(0, one.Waiting));
    }

    private static void InterlockedMax(ref int most, int now)
    {
        for (int seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, now, seen);
    }

    private Turnstile New(int limit, int own, int maxWaiting = 1_000, long maxBytes = 1 << 20)
    {
        var turnstile = new Turnstile(
            new TurnstileLimits("test", own, maxWaiting, maxBytes, TimeSpan.FromSeconds(1)),
            new Pace(limit, limit, TimeSpan.Zero, _clock), _clock);
        _made.Add(turnstile);
        return turnstile;
    }

    private static Task<Turnstile.Place?> Ask(Turnstile turnstile, string source, int units = 1, long bytes = 1, bool isStream = false) =>
        turnstile.Enter(source, units, bytes, isStream, default).AsTask();

    private static async Task<List<Turnstile.Place>> In(Turnstile turnstile, string source, int count)
    {
        var inside = new List<Turnstile.Place>();
        for (int i = 0; i < count; i++)
        {
            var entered = Ask(turnstile, source);
            Assert.True(entered.IsCompletedSuccessfully);
            inside.Add((await entered)!);
        }
        return inside;
    }
}

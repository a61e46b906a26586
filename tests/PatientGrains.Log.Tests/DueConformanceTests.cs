namespace PatientGrains.Log.Tests;

/// <summary>What every log must do with due times.</summary>
public sealed class DueConformanceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Logs_that_are_due_are_found_in_the_order_of_their_times_a_page_at_a_time_also_after_opening_again(string kind)
    {
        await using var store = await Store.Make(kind);
        var due = new List<DueLog>();
        for (int i = 0; i < 30; i++)
        {
            using var sealer = new Sealer(store.Ring, $"Patient/{i}");
            var at = Noon.AddMinutes(i * 7 % 10);
            await store.Log.Append(Due(sealer.Next(), at));
            due.Add(new DueLog(at, sealer.Id));
        }
        await store.Reopen();

        var until = Noon.AddMinutes(5);
        var found = new List<DueLog>();
        for (var page = await store.Log.Due(until, null, 4); page.Count > 0; page = await store.Log.Due(until, found[^1], 4))
            found.AddRange(page);

        Assert.Equal(due.Where(d => d.At <= until).Select(d => d.Log).Order(), found.Select(d => d.Log).Order());
        Assert.Equal(found.Select(d => d.At).Order(), found.Select(d => d.At));
        Assert.All(found, entry => Assert.Contains(entry, due));
        Assert.Empty(await store.Log.Due(Noon.AddTicks(-1), null, 4));
        Assert.Equal(Noon, await store.Log.NextDue(Noon.AddTicks(-1)));
        Assert.Equal(Noon.AddMinutes(1), await store.Log.NextDue(Noon));
        Assert.Null(await store.Log.NextDue(Noon.AddMinutes(9)));
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task A_later_append_puts_another_time_in_place_or_none(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(Due(a.Next(), Noon));
        Assert.Equal(Noon, (await store.Log.Find(a.Id))!.DueAt);
        await store.Log.Append(Due(a.Next(), Noon.AddHours(1)));
        Assert.Empty(await store.Log.Due(Noon, null, 10));
        await store.Log.Append(new AppendBatch(a.Next()));
        Assert.Equal(Noon.AddHours(1), (await store.Log.Find(a.Id))!.DueAt);
        await Assert.ThrowsAsync<StaleHeadException>(
            () => store.Log.Append(Due(a.Next(on: new Head(a.Head.NextSeq, new ChainHash(1, 1)), advance: false), Noon)));
        Assert.Equal([new DueLog(Noon.AddHours(1), a.Id)], await store.Log.Due(DateTimeOffset.MaxValue, null, 10));
        await store.Log.Append(Due(a.Next(), null));
        Assert.Null((await store.Log.Find(a.Id))!.DueAt);
        Assert.Null(await store.Log.NextDue(DateTimeOffset.MinValue));
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Times_are_kept_in_microseconds_rounded_up(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(Due(a.Next(), Noon.AddTicks(1)));
        Assert.Equal(Noon.AddTicks(10), (await store.Log.Find(a.Id))!.DueAt);
        Assert.Empty(await store.Log.Due(Noon.AddTicks(9), null, 1));
        Assert.Single(await store.Log.Due(Noon.AddTicks(10), null, 1));
        Assert.Equal(Noon.AddTicks(10), await store.Log.NextDue(Noon.AddTicks(9)));
        Assert.Null(await store.Log.NextDue(Noon.AddTicks(19)));
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Who_waits_is_told_of_a_due_time_that_is_earlier(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(Due(a.Next(), Noon.AddHours(-1)));
        var earlier = store.Log.DueSet(Noon);
        await store.Log.Append(Due(a.Next(), Noon));
        await store.Log.Append(Due(a.Next(), null));
        // What several processes write may wake those who wait without cause.
        Assert.False(earlier.IsCompleted && !Store.IsShared(kind));
        await store.Log.Append(Due(a.Next(), Noon.AddTicks(-10)));
        await earlier.WaitAsync(Store.Patience);
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task An_erased_log_is_not_due(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(Due(a.Next(), Noon));
        await store.Log.Erase(a.Id);
        Assert.Empty(await store.Log.Due(Noon, null, 10));
        Assert.Null((await store.Log.Find(a.Id))!.DueAt);
    }

    private static AppendBatch Due(CommitAppend append, DateTimeOffset? at) =>
        new(append) { Due = [new DueChange(append.Commit.Log, at)] };
}

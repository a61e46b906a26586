using System.Text;
using Azure.Core;
using PatientGrains.Log.AzureBlob;

namespace PatientGrains.Log.Tests;

/// <summary>How a process leaves the logs that it wrote: closed in good order, cut off, or with one that cannot be read any more.</summary>
public sealed class AzureEndTests
{
    /// <summary>The commit lies there when the log is closed, and its line of the feed does not, because the network loses that.</summary>
    [AzuriteFact]
    public async Task Closing_waits_for_what_an_append_changes_outside_its_log()
    {
        await using var store = await WithoutUpkeep();
        using var a = new Sealer(store.Ring, "Patient/a");
        var isLosing = new TaskCompletionSource();
        int lost = 0;
        var transport = new FaultyTransport((request, _) =>
        {
            if (!IsAppend(request, "/feeds/") || Interlocked.Increment(ref lost) > 5)
                return RequestFate.Through;
            isLosing.TrySetResult();
            return RequestFate.Lost;
        });
        var log = await store.OpenOver(transport);
        var append = log.Append(new AppendBatch(a.Next()) { Feeds = [new FeedAppend(1, a.Id, 0)] });
        await isLosing.Task.WaitAsync(Store.Patience);
        await log.DisposeAsync();

        await append.WaitAsync(Store.Patience);
        // Nobody opened the log of the line since.
        Assert.Equal([new StoredFeedLine(1, a.Id, 0)], (await store.Log.ReadFeed(1, 0, 9)).Lines);
    }

    [AzuriteFact]
    public async Task A_log_that_cannot_be_read_hinders_nobody_from_opening_the_store_or_from_settling_the_others()
    {
        await using var store = await WithoutUpkeep();
        List<Sealer> sealers = [.. Enumerable.Range(0, 9).Select(i => new Sealer(store.Ring, $"Patient/{i}"))];
        await DieBefore(store, "/feeds/", sealers);
        // The bytes that say where the log stands.
        var client = new BlobClient(store.Options);
        string name = LogBlobs.Name(sealers[4].Id, 0);
        byte[] broken = (await client.GetWhole(name))!.Value.Bytes.ToArray();
        broken[^200]++;
        await client.Delete(name);
        await client.CreateAppend(name);
        await client.Append(name, 0, broken);

        await using var second = (await store.OpenBeside())!;
        await Assert.ThrowsAsync<LogCorruptException>(async () => await second.Find(sealers[4].Id));
        var lines = (await second.ReadFeed(1, 0, 99)).Lines;
        Assert.Equal(
            sealers.Where((_, i) => i != 4).Select(sealer => sealer.Id).Order(), lines.Select(line => line.Log!.Value).Order());
        sealers.ForEach(sealer => sealer.Dispose());
    }

    /// <summary>However long a test takes, nobody tidies up behind its back: settles what a process left, or takes an idle log off the
    /// notes, so that it is noted anew.</summary>
    private static Task<AzureStore> WithoutUpkeep() => AzureStore.Make(options => options with { UpkeepEvery = TimeSpan.FromHours(1) });

    /// <summary>A process appends to each log, and is cut off before what that changes elsewhere is written.</summary>
    private static async Task DieBefore(AzureStore store, string part, List<Sealer> sealers)
    {
        int commits = 0;
        var transport = new FaultyTransport((request, _) =>
        {
            if (IsAppend(request, "/logs/"))
                Interlocked.Increment(ref commits);
            else if (Volatile.Read(ref commits) == sealers.Count || IsAppend(request, part))
                return RequestFate.Dead;
            return RequestFate.Through;
        });
        var log = await store.OpenOver(transport, options => options with { Patience = TimeSpan.FromMilliseconds(1) });
        await Task.WhenAll(sealers.Select(sealer => Assert.ThrowsAsync<LogFailedException>(
            () => log.Append(new AppendBatch(sealer.Next()) { Feeds = [new FeedAppend(1, sealer.Id, 0)] }))));
        await log.DisposeAsync();
    }

    [AzuriteFact]
    public async Task A_log_that_could_not_be_noted_at_first_is_noted_once()
    {
        await using var store = await WithoutUpkeep();
        using var a = new Sealer(store.Ring, "Patient/a");
        bool isAway = false;
        int notes = 0;
        var transport = new FaultyTransport((request, _) =>
        {
            if (isAway)
                return RequestFate.Lost;
            // Whether the process is there is another kind of record.
            if (IsAppend(request, "/notes/") && Encoding.Latin1.GetString(Content(request)).StartsWith('N'))
                Interlocked.Increment(ref notes);
            return RequestFate.Through;
        });
        await using var log = await store.OpenOver(transport, options => options with { Patience = TimeSpan.FromMilliseconds(1) });
        isAway = true;
        await Assert.ThrowsAsync<LogFailedException>(() => log.Append(new AppendBatch(a.Next(advance: false))));
        isAway = false;
        for (int i = 0; i < 3; i++)
            await log.Append(new AppendBatch(a.Next()));
        Assert.Equal(1, notes);
    }

    private static bool IsAppend(Request request, string part) =>
        request.Uri.ToString() is var uri
            && uri.Contains(part, StringComparison.Ordinal) && uri.Contains("appendblock", StringComparison.Ordinal);

    private static byte[] Content(Request request)
    {
        using var bytes = new MemoryStream();
        request.Content!.WriteTo(bytes, default);
        return bytes.ToArray();
    }
}

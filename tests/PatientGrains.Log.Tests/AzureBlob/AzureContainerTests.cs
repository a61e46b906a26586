using Azure.Core;
using PatientGrains.Log.AzureBlob;

namespace PatientGrains.Log.Tests;

/// <summary>Who is let in, and into which containers.</summary>
public sealed class AzureContainerTests
{
    [AzuriteFact]
    public async Task A_request_that_is_signed_with_another_key_is_refused_and_the_refusal_tells_no_secret()
    {
        await using var store = await AzureStore.Make(options => options);
        string key = Convert.ToBase64String(new byte[64]);
        using var ring = KeyRing.Ephemeral();
        var refused = await Assert.ThrowsAsync<LogFailedException>(
            () => AzureBlobLog.Open(store.Options with { SharedKey = key }, ring));
        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Shared", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(key, refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_credential_gives_tokens_for_storage_and_they_are_sent()
    {
        var sent = new List<string>();
        var transport = new FaultyTransport((request, _) =>
        {
            sent.Add(request.Headers.TryGetValue("Authorization", out string? value) ? value : "");
            return RequestFate.Dead;
        });
        using var ring = KeyRing.Ephemeral();
        var options = new AzureBlobLogOptions
        {
            AccountUrl = new Uri("https://account.invalid"),
            Container = "c",
            Credential = new FixedToken(),
            Transport = transport,
            Patience = TimeSpan.FromMilliseconds(1),
        };
        var failed = await Assert.ThrowsAsync<LogFailedException>(() => AzureBlobLog.Open(options, ring));
        Assert.DoesNotContain(FixedToken.Text, failed.ToString(), StringComparison.Ordinal);
        Assert.All(sent, value => Assert.Equal("Bearer " + FixedToken.Text, value));
        Assert.NotEmpty(sent);
    }

    private sealed class FixedToken : TokenCredential
    {
        public const string Text = "token-of-the-test";

        public override AccessToken GetToken(TokenRequestContext request, CancellationToken cancel)
        {
            Assert.Equal(["https://storage.azure.com/.default"], request.Scopes);
            return new AccessToken(Text, DateTimeOffset.MaxValue);
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext request, CancellationToken cancel) =>
            new(GetToken(request, cancel));
    }

    [AzuriteFact]
    public async Task A_container_of_another_ring_of_a_newer_format_or_of_something_else_is_left_alone()
    {
        await using var store = await AzureStore.Make(options => options);
        using var other = KeyRing.Ephemeral();
        await Problem(DataFolderProblem.OtherKeyRing, store.Options, other);

        var client = new BlobClient(store.Options);
        var there = (await client.GetWhole("store"))!.Value;
        byte[] newer = there.Bytes.ToArray();
        newer[4]++;
        await client.Put("store", newer, there.Tag);
        await Problem(DataFolderProblem.NewerFormat, store.Options, store.Ring);

        var foreign = store.Options with { Container = store.Options.Container + "-foreign" };
        var into = new BlobClient(foreign);
        await into.CreateContainer();
        await into.Put("holiday.jpg", new byte[3], "");
        await Problem(DataFolderProblem.NotAStore, foreign, store.Ring);
        Assert.Null(await into.GetWhole("store"));
    }

    private static async Task Problem(DataFolderProblem problem, AzureBlobLogOptions options, KeyRing ring) =>
        Assert.Equal(problem, (await Assert.ThrowsAsync<DataFolderException>(() => AzureBlobLog.Open(options, ring))).Problem);

    [AzuriteFact]
    public async Task Too_much_that_waits_is_refused_before_it_is_queued()
    {
        await using var store = await AzureStore.Make(options => options);
        using var a = new Sealer(store.Ring, "Patient/a");
        var transport = new FaultyTransport((_, _) => RequestFate.Through);
        await using var log = await store.OpenOver(transport, options => options with { MaxWaiting = 4 });
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        transport.Gate = gate.Task;
        var appends = Enumerable.Range(0, 10).Select(_ => log.Append(new AppendBatch(a.Next()))).ToList();
        // Journals decide nothing new: what they had decided would be lost with them.
        Assert.True(log.IsCrowded);
        for (int i = 4; i < appends.Count; i++)
            await Assert.ThrowsAsync<LogBusyException>(() => appends[i]);
        gate.SetResult();
        await Task.WhenAll(appends.Take(4));
        Assert.False(log.IsCrowded);
        Assert.Equal(4, (await store.Log.Find(a.Id))!.Head.NextSeq);
    }

    [AzuriteFact]
    public async Task An_event_is_found_in_a_long_log_without_reading_it_all()
    {
        // What is read is counted, so nothing is read behind our back.
        await using var store = await AzureStore.Make(
            options => options with { BlocksPerBlob = 40, UpkeepEvery = TimeSpan.FromHours(1) });
        using var a = new Sealer(store.Ring, "Patient/a");
        var commits = Enumerable.Range(0, 100).Select(i => a.Next(i % 3, size: 20_000)).ToList();
        foreach (var commit in commits)
            await store.Log.Append(new AppendBatch(commit));
        long read = 0;
        var transport = new FaultyTransport((request, _) =>
        {
            read += request.Headers.TryGetValue("x-ms-range", out string? range) ? Length(range) : 0;
            return RequestFate.Through;
        });
        await using var log = await store.OpenOver(transport);
        foreach (long seq in new long[] { 0, 1, 7, 40, 41, 98, 99 })
        {
            read = 0;
            long firstSeq = commits.Last(l => l.Commit.FirstSeq <= seq).Commit.FirstSeq;
            var expected = commits.Select(c => c.Commit).SkipWhile(c => c.FirstSeq != firstSeq).Select(c => c.Hash).ToList();
            var page = await log.Read(a.Id, new ReadFrom(seq), 1);
            Assert.Equal(expected[0], page.Commits.Single().Hash);
            Assert.InRange(read, 1, 1_000_000);
            Assert.Equal(expected.Skip(1), (await log.Read(a.Id, page.Next, 1 << 30)).Commits.Select(c => c.Hash));
        }
    }

    private static long Length(string range)
    {
        string[] ends = range["bytes=".Length..].Split('-');
        return long.Parse(ends[1], System.Globalization.CultureInfo.InvariantCulture)
            - long.Parse(ends[0], System.Globalization.CultureInfo.InvariantCulture) + 1;
    }
}

using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Feeds;

/// <summary>
/// Where lines come from: the feed says which there are, the record of each says who may have it. What cannot be asked is asked again,
/// for as long as somebody wants it: passing over a line would be a gap. Safe for concurrent use.
/// </summary>
internal sealed partial class FeedSource(IGrainFactory grains, FeedLimits limits, TimeProvider time, ILogger<FeedSource> log)
{
    private static readonly string SecurityPrefix = SecurityLog.NameOf("");

    /// <summary>The feed as it is now, or up to the long poll later.</summary>
    public Task<FeedPage> Read(Feed feed, long after, int limit, TimeSpan wait, CancellationToken cancel) => Insist(feed,
        () => grains.GetGrain<IFeedGrain>("feeds").Read(feed, after, limit, (int)wait.TotalMilliseconds), cancel);

    /// <summary>One question without a second try, for those who can be told to come again.</summary>
    public Task<FeedPage> Look(Feed feed, long after) => grains.GetGrain<IFeedGrain>("feeds").Read(feed, after, 1, 0);

    /// <summary>
    /// Asks the record of each line, all records at once, and each of them once for all subscribers that its lines can be for. When this
    /// returns, the access entries of what it returns are durable.
    /// </summary>
    /// <returns>For each subscriber the lines that it may have, in feed order.</returns>
    public async Task<List<FeedEntry>[]> Release(FeedPage page, Feed feed, IReadOnlyList<FeedAsk> to, CancellationToken cancel)
    {
        // Lines of erased logs have no name any more: they are for nobody.
        var byLog = page.Lines.Where(line => line.Log.Length > 0).GroupBy(line => line.Log, StringComparer.Ordinal);
        var released = await Task.WhenAll(byLog.Select(lines => OfLog(page.StoreId, feed, [.. lines], to, cancel)));
        var mine = new List<FeedEntry>[to.Count];
        for (int i = 0; i < mine.Length; i++)
        {
            mine[i] = [.. released.Where(log => log is not null).SelectMany(log => log![i])];
            mine[i].Sort(static (one, other) => one.Number.CompareTo(other.Number));
        }
        return mine;
    }

    /// <returns>For each subscriber the lines of this log that it may have; null when they are for nobody.</returns>
    private async Task<IReadOnlyList<FeedEntry>[]?> OfLog(
        string storeId, Feed feed, ImmutableArray<FeedLine> lines, IReadOnlyList<FeedAsk> to, CancellationToken cancel)
    {
        string name = lines[0].Log;
        int[] asked = [.. Enumerable.Range(0, to.Count).Where(i => to[i].CanMatch(name))];
        if (asked.Length == 0)
            return null;
        var command = new ReleaseFeed
        {
            Who = null,
            Feed = feed,
            Seqs = [.. lines.Select(line => line.Seq)],
            To = [.. asked.Select(i => new FeedDelivery { Who = to[i].Who, RequestId = to[i].RequestId, Filter = to[i].Filter })],
        };
        if (await Insist(feed, () => Ask(name, command), cancel) is not { } released)
            return null;
        var entries = EntriesOf(storeId, feed, lines, released);
        var mine = new IReadOnlyList<FeedEntry>[to.Count];
        Array.Fill(mine, []);
        for (int i = 0; i < asked.Length; i++)
            mine[asked[i]] = [.. released.Results[i].Items.Select(item => entries[item]).OfType<FeedEntry>()];
        return mine;
    }

    /// <summary>One for each item; null for what is not there any more.</summary>
    private static FeedEntry?[] EntriesOf(string storeId, Feed feed, ImmutableArray<FeedLine> lines, FeedReleased released)
    {
        var numbers = lines.ToDictionary(line => line.Seq, line => line.Number);
        return
        [
            .. released.Items.Select(item => item.Happened is { } happened && numbers.TryGetValue(item.Seq, out long number)
                ? new FeedEntry(number, FeedCursor.Write(feed, storeId, number), lines[0].Log, happened)
                : null),
        ];
    }

    /// <returns>Null for a log that was erased: its lines are for nobody.</returns>
    private async Task<FeedReleased?> Ask(string name, ReleaseFeed command) => await GrainOf(name).Ask(command) switch
    {
        FeedReleased released when released.Results.Length == command.To.Length => released,
        Refused { Rule: Rule.ResourceUnknown } => null,
        Refused refused => throw new NotNowException(refused.Rule),
        var other => throw new InvalidOperationException($"Feed lines were answered with {other.GetType().Name}."),
    };

    private IRecordGrain GrainOf(string name) => name.StartsWith(SecurityPrefix, StringComparison.Ordinal)
        ? grains.GetGrain<ISecurityGrain>(name[SecurityPrefix.Length..])
        : RecordNames.GrainOf(grains, name);

    private async Task<T> Insist<T>(Feed feed, Func<Task<T>> ask, CancellationToken cancel)
    {
        var pause = limits.FirstRetry;
        for (int failures = 1; ; failures++)
        {
            try
            {
                return await ask().WaitAsync(cancel);
            }
            catch (Exception failed) when (!cancel.IsCancellationRequested)
            {
                FeedMetrics.Retried(feed);
                // The message of a failure may name the record.
                if (failures == 1 || pause >= limits.LastRetry)
                    Waiting(log, feed, failed is NotNowException refused ? refused.Rule.ToString() : failed.GetType().Name, failures);
            }
            await Task.Delay(pause, time, cancel);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, limits.LastRetry.Ticks));
        }
    }

    /// <summary>The record could not decide: nothing was written, and it is to be asked again.</summary>
    private sealed class NotNowException(Rule rule) : Exception
    {
        public Rule Rule => rule;
    }

    [LoggerMessage(LogLevel.Warning, "Lines of the feed {Feed} wait for a record or the store: {Why}, try {Failures}.")]
    private static partial void Waiting(ILogger log, Feed feed, string why, int failures);
}

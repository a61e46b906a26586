using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Feeds;

/// <summary>
/// Where lines come from: the feed says which there are, the record of each says who may have it. A record that cannot be asked is asked
/// again for a while; then subscribers hear that there are lines which cannot be read, so that one broken record does not silence the
/// others. Safe for concurrent use.
/// </summary>
internal sealed partial class FeedSource(
    IGrainFactory grains, UnreadableLines unreadable, FeedLimits limits, TimeProvider time, ILogger<FeedSource> log)
{
    private static readonly string SecurityPrefix = SecurityLog.NameOf("");

    /// <summary>Logs that did not answer the last time: whoever asks them again does not wait the whole patience again.</summary>
    private readonly ConcurrentDictionary<string, byte> _silent = new(StringComparer.Ordinal);

    /// <summary>The feed as it is now, or up to the long poll later.</summary>
    public Task<FeedPage> Read(Feed feed, long after, int limit, TimeSpan wait, CancellationToken cancel) => Insist(feed,
        () => grains.GetGrain<IFeedGrain>("feeds").Read(feed, after, limit, (int)wait.TotalMilliseconds), cancel);

    /// <summary>One question without a second try, for those who can be told to come again.</summary>
    public Task<FeedPage> Look(Feed feed, long after) => grains.GetGrain<IFeedGrain>("feeds").Read(feed, after, 1, 0);

    /// <summary>
    /// Asks the record of each line, all records at once, and each of them once for all subscribers that its lines can be for. When this
    /// returns, the access entries of what it returns are durable.
    /// </summary>
    /// <param name="page">The lines.</param>
    /// <param name="feed">Whose they are.</param>
    /// <param name="to">The subscribers.</param>
    /// <param name="patience">How long a record may take before its lines are passed over as unreadable.</param>
    /// <param name="cancel">When nobody waits any more.</param>
    /// <returns>For each subscriber the lines that it may have, in feed order.</returns>
    public async Task<List<FeedEntry>[]> Release(
        FeedPage page, Feed feed, IReadOnlyList<FeedAsk> to, TimeSpan patience, CancellationToken cancel)
    {
        // Lines of erased logs have no name any more: they are for nobody.
        var byLog = page.Lines.Where(line => line.Log.Length > 0).GroupBy(line => line.Log, StringComparer.Ordinal);
        var released = await Task.WhenAll(byLog.Select(lines => OfLog(page.StoreId, feed, [.. lines], to, patience, cancel)));
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
        string storeId, Feed feed, ImmutableArray<FeedLine> lines, IReadOnlyList<FeedAsk> to, TimeSpan patience, CancellationToken cancel)
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
        for (var pause = limits.FirstRetry; ; pause = Longer(pause))
        {
            // An answer that makes no sense is none: it must not stop the feed for the others either.
            var (isAnswered, mine, why) = await Within(patience, name, feed,
                async () => await Ask(name, command) is { } released ? Shared(storeId, feed, lines, released, asked, to.Count) : null,
                cancel);
            if (isAnswered)
                return mine;
            if (await unreadable.PassOver(storeId, feed, lines, to, asked, cancel) is { } passed)
            {
                PassedOver(log, feed, lines.Length, why);
                return passed;
            }
            // Where not even that can be written down the store is down: then it is for nobody, and all wait. What is down may say so at
            // once, and be asked at once again.
            await Task.Delay(pause, time, cancel);
        }
    }

    /// <summary>What was released, for each subscriber.</summary>
    private static IReadOnlyList<FeedEntry>[] Shared(
        string storeId, Feed feed, ImmutableArray<FeedLine> lines, FeedReleased released, int[] asked, int subscribers)
    {
        var entries = EntriesOf(storeId, feed, lines, released);
        var mine = new IReadOnlyList<FeedEntry>[subscribers];
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

    /// <summary>Asks one log again and again, for so long; one that was silent before is asked once, and for a quarter of it.</summary>
    private async Task<(bool IsAnswered, T Answer, string Why)> Within<T>(
        TimeSpan patience, string name, Feed feed, Func<Task<T>> ask, CancellationToken cancel)
    {
        bool isSilent = _silent.ContainsKey(name);
        patience = isSilent ? patience / 4 : patience;
        long begun = time.GetTimestamp();
        for (var pause = limits.FirstRetry; ; pause = Longer(pause))
        {
            string why;
            try
            {
                var left = patience - time.GetElapsedTime(begun);
                var answer = await ask().WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancel);
                _silent.TryRemove(name, out _);
                return (true, answer, "");
            }
            catch (Exception failed) when (!cancel.IsCancellationRequested)
            {
                FeedMetrics.Retried(feed);
                why = WhyOf(failed);
            }
            if (isSilent || time.GetElapsedTime(begun) + pause >= patience)
            {
                _silent[name] = 0;
                return (false, default!, why);
            }
            await Task.Delay(pause, time, cancel);
        }
    }

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
                if (failures == 1 || pause >= limits.LastRetry)
                    Waiting(log, feed, WhyOf(failed), failures);
            }
            await Task.Delay(pause, time, cancel);
            pause = Longer(pause);
        }
    }

    private TimeSpan Longer(TimeSpan pause) => TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, limits.LastRetry.Ticks));

    /// <summary>The message of a failure may name the record: it is not told.</summary>
    private static string WhyOf(Exception failed) => failed is NotNowException refused ? refused.Rule.ToString() : failed.GetType().Name;

    /// <summary>The record could not decide: nothing was written, and it is to be asked again.</summary>
    private sealed class NotNowException(Rule rule) : Exception
    {
        public Rule Rule => rule;
    }

    [LoggerMessage(LogLevel.Warning, "Lines of the feed {Feed} wait for the store: {Why}, try {Failures}.")]
    private static partial void Waiting(ILogger log, Feed feed, string why, int failures);

    [LoggerMessage(LogLevel.Error,
        "{Lines} lines of the feed {Feed} were passed over as unreadable: their record could not be asked ({Why}).")]
    private static partial void PassedOver(ILogger log, Feed feed, int lines, string why);
}

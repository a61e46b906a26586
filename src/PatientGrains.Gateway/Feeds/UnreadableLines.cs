using System.Collections.Immutable;
using System.Globalization;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Auth;

namespace PatientGrains.Gateway.Feeds;

/// <summary>
/// Lines whose record cannot be asked. Subscribers hear that there are such lines, and nothing of what is in them. Their record cannot
/// write down who heard it, so a security log does.
/// </summary>
internal sealed class UnreadableLines(AccessNotes notes, FeedLimits limits, TimeProvider time)
{
    /// <summary>When this returns lines, the entry of each subscriber that gets them is durable.</summary>
    /// <param name="storeId">For cursors.</param>
    /// <param name="feed">Whose lines they are.</param>
    /// <param name="lines">All of one log.</param>
    /// <param name="to">The subscribers.</param>
    /// <param name="asked">Those of them that the lines can be for; what else they filter by is not known of the lines.</param>
    /// <param name="cancel">When nobody waits any more.</param>
    /// <returns>For each subscriber its lines; null when that could not be written down.</returns>
    public async Task<IReadOnlyList<FeedEntry>[]?> PassOver(
        string storeId, Feed feed, ImmutableArray<FeedLine> lines, IReadOnlyList<FeedAsk> to, int[] asked, CancellationToken cancel)
    {
        int[] permitted = [.. asked.Where(i => AccessPolicy.RefusalFor(to[i].Who, FeedHub.KindOf(feed)) is null)];
        string what = string.Create(CultureInfo.InvariantCulture,
            $"feed {FeedHub.NameOf(feed)} {lines[0].Number}{(lines.Length > 1 ? $"-{lines[^1].Number}" : "")} unreadable {lines[0].Log}");
        try
        {
            await Task.WhenAll(permitted.Select(i => notes.Note(to[i].Who, to[i].RequestId, "operation", what, null)))
                .WaitAsync(limits.NotePatience, time, cancel);
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
        var named = EntriesOf(storeId, feed, lines, lines[0].Log);
        var nameless = EntriesOf(storeId, feed, lines, "");
        var mine = new IReadOnlyList<FeedEntry>[to.Count];
        Array.Fill(mine, []);
        foreach (int i in permitted)
            mine[i] = MayKnowWhose(feed, to[i].Who) ? named : nameless;
        FeedMetrics.PassedOver(feed, lines.Length);
        return mine;
    }

    private static FeedEntry[] EntriesOf(string storeId, Feed feed, ImmutableArray<FeedLine> lines, string log) =>
    [
        .. lines.Select(line => new FeedEntry(line.Number, FeedCursor.Write(feed, storeId, line.Number), log, null,
            FeedCursor.Write(feed, storeId, line.Number - 1))),
    ];

    /// <summary>On the quality feed an integrator hears of its own source's values alone, and the source of these is not known.</summary>
    private static bool MayKnowWhose(Feed feed, Requester who) => feed != Feed.Quality || who.Roles.Contains(Role.Clinician);
}

using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Concurrency;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Log;

namespace PatientGrains.Grains;

/// <summary>Reads feeds from the store and waits for their next line. It keeps nothing; what a line says is its record's
/// business.</summary>
[StatelessWorker]
[Reentrant]
public sealed class FeedGrain(IPatientLog log, LogNames names, TimeProvider clock, IHostApplicationLifetime process) : Grain, IFeedGrain
{
    /// <summary>A page of 1,000 names is about 50 KB.</summary>
    private const int MaxLines = 1000;
    /// <summary>Well below the time after which an engine gives a call up.</summary>
    private const int MaxWaitMillis = 10_000;
    /// <summary>Reads of one activation that wait at a time. A front reads each feed once, however many subscribe: this is far
    /// more.</summary>
    private const int MaxWaiting = 256;

    private int _waiting;

    public async Task<FeedPage> Read(Feed feed, long after, int limit, int waitMillis)
    {
        if (!Enum.IsDefined(feed))
            throw new ArgumentOutOfRangeException(nameof(feed), feed, "There is no such feed.");
        long behind = Math.Max(0, after);
        int lines = Math.Clamp(limit, 1, MaxLines);
        var page = await log.ReadFeed((byte)feed, behind, lines);
        if (page.Lines.Count == 0 && waitMillis > 0 && await Comes((byte)feed, behind, Math.Min(waitMillis, MaxWaitMillis)))
            page = await log.ReadFeed((byte)feed, behind, lines);
        var answer = new FeedPage(log.StoreId, await Named(page.Lines), page.Head);
        Telemetry.FeedRead(answer, feed, behind);
        return answer;
    }

    /// <returns>False when no line came in time.</returns>
    private async Task<bool> Comes(byte feed, long after, int waitMillis)
    {
        if (_waiting >= MaxWaiting)
            return false;
        _waiting++;
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(waitMillis), clock);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, process.ApplicationStopping);
            await log.FeedBeyond(feed, after, end.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            _waiting--;
        }
    }

    private async Task<ImmutableArray<FeedLine>> Named(IReadOnlyList<StoredFeedLine> lines)
    {
        var named = ImmutableArray.CreateBuilder<FeedLine>(lines.Count);
        foreach (var line in lines)
        {
            string? name = line.Log is { } id ? await names.Of(id) : null;
            named.Add(name is null ? new FeedLine(line.Number, "", 0) : new FeedLine(line.Number, name, line.Seq));
        }
        return named.MoveToImmutable();
    }
}

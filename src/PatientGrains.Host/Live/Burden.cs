using System.Collections.Immutable;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Grains;

namespace PatientGrains.Host.Live;

/// <summary>
/// The burden report of a store: reads the alert and census feeds from their beginning and the events that they name. Like verification it
/// reads with the operator's keys, past the records' policy, and lets nothing out but counts of units and rules.
/// </summary>
internal static class Burden
{
    private const int PageSize = 1_000;

    public static async Task<ImmutableArray<BurdenRow>> Of(
        IServiceProvider services, DateTimeOffset from, DateTimeOffset until, CancellationToken cancel)
    {
        var feeds = services.GetRequiredService<IGrainFactory>().GetGrain<IFeedGrain>("burden");
        var host = services.GetRequiredService<RecordHost>();
        var burden = new AlertBurden(from, until);
        foreach (var feed in new[] { Feed.Census, Feed.Alerts })
        {
            long after = 0;
            while (await feeds.Read(feed, after, PageSize, 0) is { Lines.IsEmpty: false } page)
            {
                cancel.ThrowIfCancellationRequested();
                foreach (var lines in page.Lines.Where(line => line.Log.Length > 0).GroupBy(line => line.Log))
                {
                    using var journal = await host.Open(lines.Key, cancel);
                    foreach (var happened in await journal.ReadAt([.. lines.Select(line => line.Seq)]))
                        burden.Add(lines.Key, happened);
                }
                after = page.Lines[^1].Number;
            }
        }
        return burden.Report();
    }
}

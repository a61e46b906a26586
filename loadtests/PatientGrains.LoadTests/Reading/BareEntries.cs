using System.Collections.Concurrent;
using PatientGrains.LoadTests.Import;

namespace PatientGrains.LoadTests.Reading;

/// <summary>The floor of an audited read: as many callers have a row of the size of an access entry made durable, by one writer that
/// commits whatever waits.</summary>
internal static class BareEntries
{
    private const int EntryBytes = 300;

    public static async Task<LoopResult> Run(Settings settings)
    {
        using var folder = new StoreFolder(settings);
        using var queue = new BlockingCollection<TaskCompletionSource>();
        var writer = Task.Factory.StartNew(() => Write(folder.Path, queue), TaskCreationOptions.LongRunning);
        var result = await Loops.Closed(settings.Callers, settings.Seconds, _ =>
        {
            var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            queue.Add(durable);
            return durable.Task;
        });
        queue.CompleteAdding();
        await writer;
        return result;
    }

    private static void Write(string folder, BlockingCollection<TaskCompletionSource> queue)
    {
        using var rows = new RowWriter(folder);
        var entry = new byte[EntryBytes];
        var group = new List<TaskCompletionSource>();
        foreach (var first in queue.GetConsumingEnumerable())
        {
            group.Add(first);
            while (queue.TryTake(out var next))
                group.Add(next);
            rows.Begin();
            group.ForEach(_ => rows.Insert(entry));
            rows.Commit();
            group.ForEach(durable => durable.SetResult());
            group.Clear();
        }
    }
}

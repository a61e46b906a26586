namespace PatientGrains.Log;

/// <summary>Brings all data keys of a store under the ring's current key. Runs beside a working server; interrupted and repeated, it ends
/// the same.</summary>
public static class KeyRotation
{
    private const int Page = 500;

    /// <summary>
    /// Wraps anew what older keys wrapped. Returns how many. After it, and when no process holds an older copy of the ring, the older keys
    /// may be removed. An activation that is about to write a log's first commit still brings a key that the ring it knows wrapped: run it
    /// again before removing a key.
    /// </summary>
    public static async Task<int> Rewrap(IPatientLog log, KeyRing ring, CancellationToken cancel = default)
    {
        int count = 0;
        LogId? after = null;
        while (true)
        {
            var page = await log.Logs(after, Page, cancel).ConfigureAwait(false);
            foreach (var entry in page)
            {
                if (entry.WrappedKey.IsEmpty || ring.Rewrapped(entry.Log, entry.WrappedKey.Span) is not { } wrapped)
                    continue;
                if (await log.Rewrap(entry.Log, entry.WrappedKey, wrapped).ConfigureAwait(false))
                    count++;
            }
            if (page.Count < Page)
                return count;
            after = page[^1].Log;
        }
    }
}

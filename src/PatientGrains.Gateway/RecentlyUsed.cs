using System.Collections.Concurrent;

namespace PatientGrains.Gateway;

/// <summary>
/// Answers that are asked for often, a bounded number of them. Whoever keeps one here says why it cannot be wrong, or how that is noticed.
/// Two generations: what is used again moves to the young one; when that is full, the old one, which nobody used lately, is let go.
/// Safe for concurrent use; the bound may be exceeded by as many as write at once.
/// </summary>
/// <param name="limit">Entries at most, of both generations.</param>
internal sealed class RecentlyUsed<TKey, TValue>(int limit)
    where TKey : notnull
    where TValue : class
{
    private readonly Lock _turning = new();
    private volatile ConcurrentDictionary<TKey, TValue> _young = [];
    private volatile ConcurrentDictionary<TKey, TValue> _old = [];
    private int _added;

    public TValue? Find(TKey key)
    {
        if (_young.TryGetValue(key, out var found))
            return found;
        if (!_old.TryRemove(key, out found))
            return null;
        Keep(key, found);
        return found;
    }

    public void Keep(TKey key, TValue value)
    {
        _young[key] = value;
        // Counting entries of a concurrent dictionary would take all its locks.
        if (Interlocked.Increment(ref _added) > limit / 2)
            Turn();
    }

    public void Drop(TKey key)
    {
        _young.TryRemove(key, out _);
        _old.TryRemove(key, out _);
    }

    private void Turn()
    {
        lock (_turning)
        {
            if (_added <= limit / 2)
                return;
            _added = 0;
            _old = _young;
            _young = [];
        }
    }
}

using System.Collections.Immutable;

namespace Orleans.Runtime;

/// <summary>
/// Values that travel with a call into the grain and on to whatever it calls. What a grain changes here does not come back to its
/// caller.
/// </summary>
public static class RequestContext
{
    static readonly AsyncLocal<ImmutableDictionary<string, object?>?> Values = new();

    public static IEnumerable<string> Keys => Current?.Keys ?? [];
    public static IEnumerable<KeyValuePair<string, object?>> Entries => Current ?? [];

    public static object? Get(string key) => Current?.GetValueOrDefault(key);

    public static void Set(string key, object? value) =>
        Values.Value = (Current ?? ImmutableDictionary<string, object?>.Empty).SetItem(key, value);

    public static bool Remove(string key)
    {
        if (Current is not { } current || !current.ContainsKey(key))
        {
            return false;
        }

        Current = current.Remove(key);
        return true;
    }

    public static void Clear() => Current = null;

    /// <summary>What a call takes along; null when there is nothing, which costs nothing.</summary>
    internal static ImmutableDictionary<string, object?>? Current
    {
        get => Values.Value;
        set
        {
            ImmutableDictionary<string, object?>? next = value is { IsEmpty: true } ? null : value;
            if (!ReferenceEquals(Values.Value, next))
            {
                Values.Value = next;
            }
        }
    }
}

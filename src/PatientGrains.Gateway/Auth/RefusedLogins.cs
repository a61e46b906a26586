namespace PatientGrains.Gateway.Auth;

/// <summary>
/// Which refused logins are written one by one, and how many were not, per remote address and second. Safe for concurrent use.
/// </summary>
internal sealed class RefusedLogins(GatewayOptions options, TimeProvider time)
{
    /// <summary>What is beyond the bound of one address in one second.</summary>
    public sealed record Count(string Address, long Beyond);

    /// <summary>Stands for every address beyond <see cref="GatewayOptions.MaxCountedAddresses"/> in one second.</summary>
    public const string OtherAddresses = "other addresses";

    private readonly Lock _lock = new();
    private Dictionary<string, long> _seen = [];
    private long _second;
    private readonly List<Count> _due = [];

    /// <summary>True when this one is to be written; false when it was only counted.</summary>
    public bool Take(string address)
    {
        lock (_lock)
        {
            TurnOver();
            string key = _seen.ContainsKey(address) || _seen.Count < options.MaxCountedAddresses ? address : OtherAddresses;
            long seen = _seen[key] = _seen.GetValueOrDefault(key) + 1;
            return seen <= options.MaxNotedLoginsPerSecond;
        }
    }

    /// <summary>The counts of seconds that are over; each is handed out once.</summary>
    /// <param name="stopping">Also those of the second that is not over.</param>
    public IReadOnlyList<Count> Due(bool stopping = false)
    {
        lock (_lock)
        {
            TurnOver(stopping);
            Count[] due = [.. _due];
            _due.Clear();
            return due;
        }
    }

    private void TurnOver(bool stopping = false)
    {
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        if (now == _second && !stopping)
            return;
        foreach (var (address, seen) in _seen)
        {
            if (seen > options.MaxNotedLoginsPerSecond)
                _due.Add(new Count(address, seen - options.MaxNotedLoginsPerSecond));
        }
        _seen = [];
        _second = now;
    }
}

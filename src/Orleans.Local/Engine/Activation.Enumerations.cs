namespace Orleans.Local;

internal sealed partial class Activation
{
    readonly HashSet<Enumeration> enumerations = []; // used in turns only

    /// <summary>A consumer waits for items: the activation is in use, but its end need not wait for them.</summary>
    internal void PullBegins(Enumeration enumeration)
    {
        enumerations.Add(enumeration);
        lock (gate)
        {
            openPulls++;
        }
    }

    internal void PullEnds()
    {
        long now = Engine.Time.GetTimestamp();
        lock (gate)
        {
            openPulls--;
            lastUse = now;
        }
    }

    internal void Forget(Enumeration enumeration) => enumerations.Remove(enumeration);

    async Task AbortEnumerations(CancellationToken cancellation)
    {
        foreach (Enumeration enumeration in enumerations.ToArray())
        {
            await enumeration.Abort().WaitAsync(cancellation);
        }
    }
}

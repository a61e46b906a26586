namespace PatientGrains.LoadTests.Running;

/// <summary>How steps come. Rounds that warm up come before those that count.</summary>
internal abstract record Load(int Rounds);

/// <summary>At their own time, answered or not; latency counts from when a request was due.</summary>
internal sealed record OpenLoad(Arrivals Arrivals, TimeSpan WarmUp, TimeSpan For) : Load(1)
{
    public override string ToString() => FormattableString.Invariant(
        $"open loop, {Arrivals}, {For.TotalSeconds:0.#} s after {WarmUp.TotalSeconds:0.#} s to warm up");
}

/// <summary>
/// Callers that ask again as soon as they are answered: for throughput; its latencies omit who would have come meanwhile.
/// </summary>
internal sealed record ClosedLoad(int Callers, TimeSpan WarmUp, TimeSpan For, int Rounds) : Load(Rounds)
{
    public override string ToString() => FormattableString.Invariant(
        $"closed loop, {Callers} caller(s), {Rounds} x {For.TotalSeconds:0.#} s after {WarmUp.TotalSeconds:0.#} s to warm up");
}

/// <summary>One step a round, which does many units; each round begins with another contender.</summary>
/// <param name="Rounds">That count.</param>
/// <param name="WarmUps">Rounds before them.</param>
internal sealed record TurnsLoad(int Rounds, int WarmUps) : Load(Rounds)
{
    public override string ToString() => $"in turns, {Rounds} round(s) after {WarmUps} to warm up";
}

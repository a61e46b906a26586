namespace PatientGrains.LoadTests.Running;

/// <summary>
/// Whom a request is about: most are about the patients of a ward, who are all alike, the rest about a long tail in which patient k comes
/// as often as 1/k says (Zipf's law).
/// </summary>
internal sealed class Popularity
{
    /// <summary>Beds of a ward.</summary>
    public const int Ward = 40;

    /// <summary>Share of the requests that are about the ward.</summary>
    public const double WardShare = 0.8;

    private readonly Chance _chance;
    private readonly int _ward;
    private readonly double[] _upTo;

    /// <param name="patients">All of them; the first <see cref="Ward"/> are the ward, at most half of all.</param>
    /// <param name="seed">The same seed gives the same patients.</param>
    public Popularity(int patients, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(patients, 2);
        _chance = new Chance(seed);
        _ward = Math.Min(Ward, patients / 2);
        _upTo = new double[patients - _ward];
        double sum = 0;
        for (int k = 0; k < _upTo.Length; k++)
            _upTo[k] = sum += 1.0 / (k + 1);
    }

    /// <summary>The patient of a request, 0 to below the number of patients.</summary>
    public int Of(long request)
    {
        double at = _chance.Uniform(request);
        if (at < WardShare)
            return Math.Min(_ward - 1, (int)(at / WardShare * _ward));
        double tail = (at - WardShare) / (1 - WardShare) * _upTo[^1];
        int found = Array.BinarySearch(_upTo, tail);
        return _ward + Math.Min(_upTo.Length - 1, found < 0 ? ~found : found + 1);
    }

    public override string ToString() => FormattableString.Invariant(
        $"{WardShare:P0} of the requests are about {_ward} of them, the rest by Zipf's law");
}

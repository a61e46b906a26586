namespace PatientGrains.LoadTests.Stores;

/// <summary>
/// The patients of the corpus, so many at a time: each turn of a scenario takes the next, so that stores need not be made anew. Every
/// contender takes the same in the same turn.
/// </summary>
internal sealed class Slices(Corpus corpus, int patients, int mostResources = int.MaxValue)
{
    private readonly Document[] _patients =
        [.. corpus.Documents.Where(document => document.IsTransaction && document.Resources.Count <= mostResources)];

    /// <summary>What patients refer to: goes into a store before the first slice.</summary>
    public IEnumerable<Document> Directory => corpus.Documents.Where(document => !document.IsTransaction);

    /// <summary>The Bundles of turn n; from the beginning again when there are no more.</summary>
    public IReadOnlyList<Document> Of(int turn) =>
        [.. Enumerable.Range(0, patients).Select(i => _patients[((turn * patients) + i) % _patients.Length])];

    /// <summary>Their resources, a group for each patient.</summary>
    public static byte[][][] Bodies(IReadOnlyList<Document> documents) =>
        [.. documents.Select(document => document.Resources.Select(range => document.Json[range]).ToArray())];
}

namespace PatientGrains.LoadTests;

/// <summary>What scenarios of a run share: made when the first asks for it, gone when the run is over.</summary>
internal sealed class Bench(Settings settings) : IAsyncDisposable
{
    private Corpus? _corpus;
    private Reading.FilledStore? _store;

    /// <summary>Database servers; started when asked for.</summary>
    public Stores.Servers Servers { get; } = new();

    public Settings Settings => settings;

    public Corpus Corpus => _corpus ??= Corpus.Read(settings);

    /// <summary>A store with the corpus and two large patients in it.</summary>
    public async Task<Reading.FilledStore> Store() => _store ??= await Reading.FilledStore.Make(settings, Corpus);

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        await Servers.DisposeAsync();
        _corpus?.Dispose();
    }
}

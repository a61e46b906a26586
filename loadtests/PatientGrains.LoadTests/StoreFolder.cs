namespace PatientGrains.LoadTests;

/// <summary>A folder for one store, gone with it.</summary>
internal sealed class StoreFolder(Settings settings) : IDisposable
{
    private static int s_made;

    public string Path { get; } = Directory.CreateDirectory(
        System.IO.Path.Combine(settings.Folder, $"load-{Environment.ProcessId}-{Interlocked.Increment(ref s_made)}")).FullName;

    public double Megabytes => Directory.GetFiles(Path).Sum(file => new FileInfo(file).Length) / 1e6;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

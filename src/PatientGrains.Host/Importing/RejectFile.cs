using System.Text.Json;

namespace PatientGrains.Host.Importing;

/// <summary>
/// Where rejected submissions are listed, a JSON object a line: file, line, entry, rule, location, message. Made when the first one is
/// written, readable by its owner only.
/// </summary>
internal sealed class RejectFile(string path) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private StreamWriter? _writer;

    public string Path { get; } = path;

    public int Count { get; private set; }

    public async Task Write(ImportItem item, Reject reject)
    {
        string line = JsonSerializer.Serialize(
            new { file = System.IO.Path.GetFileName(item.Path), line = item.Line, entry = reject.Entry, rule = reject.Rule, location = reject.Location, message = reject.Message });
        await _turn.WaitAsync();
        try
        {
            _writer ??= new StreamWriter(new FileStream(Path, OwnerOnly()));
            await _writer.WriteLineAsync(line);
            Count++;
        }
        finally
        {
            _turn.Release();
        }
    }

    private static FileStreamOptions OwnerOnly()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    public async ValueTask DisposeAsync()
    {
        if (_writer is not null)
            await _writer.DisposeAsync();
        _turn.Dispose();
    }
}

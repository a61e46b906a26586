namespace PatientGrains.TestServers;

/// <summary>The temporary folder of a server.</summary>
internal sealed class ServerFolder(string name)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public string Path { get; } = Make(name);

    /// <summary>A server that drops root's rights must be let through to its folder: a TMPDIR of root's own does not do.</summary>
    private static string Make(string name)
    {
        string prefix = $"patientgrains-{name}-";
        string usual = Directory.CreateTempSubdirectory(prefix).FullName;
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess || LetsThrough(usual))
            return usual;
        Directory.Delete(usual);
        string other = System.IO.Path.Combine("/tmp", prefix + System.IO.Path.GetFileName(usual)[prefix.Length..]);
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        return Directory.CreateDirectory(other, own).FullName;
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static bool LetsThrough(string folder)
    {
        for (var above = Directory.GetParent(folder); above is not null; above = above.Parent)
        {
            if (!above.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
                return false;
        }
        return true;
    }

    /// <summary>The server was killed, but a process of it that dies more slowly than the others may still put a file there.</summary>
    public async Task Delete()
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var patience = new CancellationTokenSource(Patience);
        while (!TryDelete())
            await pause.WaitForNextTickAsync(patience.Token);
    }

    /// <summary>What is left is left: for the end of the process, which nothing may spoil.</summary>
    public bool TryDelete()
    {
        try
        {
            if (Directory.Exists(Path))
                Directory.Delete(Path, recursive: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

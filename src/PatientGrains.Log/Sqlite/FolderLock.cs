namespace PatientGrains.Log.Sqlite;

/// <summary>
/// Keeps a data folder to one process. The lock is the operating system's (flock on Unix), on a file that is never deleted: when its
/// holder dies, however it dies, the lock is gone and the file means nothing. Local disks only; where locks do not hold, the folder is
/// refused.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private const int WouldBlockLinux = 11;
    private const int WouldBlockMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    public static FolderLock Take(string folder)
    {
        Make(folder);
        string path = Path.Combine(folder, "lock");
        var file = TryOpen(path) ?? throw new DataFolderException(
            DataFolderProblem.InUse, folder, $"The data folder {folder} is in use by another process.");
        // A lock that a second open does not run into is none: some network file systems, or DOTNET_SYSTEM_IO_DISABLEFILELOCKING.
        if (TryOpen(path) is { } second)
        {
            second.Dispose();
            file.Dispose();
            throw new DataFolderException(DataFolderProblem.CannotLock, folder,
                $"Files in {folder} cannot be locked, so another process could write at the same time.");
        }
        return new FolderLock(file);
    }

    private static void Make(string folder)
    {
        if (Directory.Exists(folder))
            return;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (Path.GetDirectoryName(folder) is { Length: > 0 } parent)
            DurableFile.SyncFolder(parent);
    }

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (e.HResult is WouldBlockLinux or WouldBlockMac or SharingViolation)
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}

using System.Runtime.InteropServices;

namespace PatientGrains.Log;

/// <summary>Writes small files so that a crash leaves the old or the new content, and so that what was reported as written survives a loss
/// of power.</summary>
internal static class DurableFile
{
    public static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode, bool replace)
    {
        string whole = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(whole)!;
        string draft = whole + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        // A draft that a crash left behind may have another mode: it is made anew.
        File.Delete(draft);
        using (var stream = new FileStream(draft, options))
        {
            stream.Write(bytes);
            stream.Flush(flushToDisk: true);
        }
        File.Move(draft, whole, overwrite: replace);
        SyncFolder(folder);
    }

    /// <summary>A new name in a folder is durable only when the folder is synced (fsync(2)); the framework cannot open folders. Elsewhere
    /// than on Unix renames are journaled.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Open(folder, 0);
        if (descriptor < 0)
            throw new IOException($"Cannot open {folder} to sync it, error {Marshal.GetLastPInvokeError()}.");
        int failed = Fsync(descriptor);
        int error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (failed != 0)
            throw new IOException($"Cannot sync {folder}, error {error}.");
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);
}

using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Host.Composition;

/// <summary>The key ring and the embedded log of a data folder, made at first use: the embedded default needs no set-up.</summary>
internal static class EmbeddedLog
{
    public static KeyRing Ring(HostSettings settings)
    {
        Folder(settings.Data);
        return File.Exists(settings.KeyRingPath) ? KeyRing.Open(settings.KeyRingPath) : KeyRing.Create(settings.KeyRingPath);
    }

    /// <summary>Takes the folder's lock.</summary>
    public static SqliteLog Open(HostSettings settings, KeyRing ring)
    {
        Folder(settings.Data);
        return SqliteLog.Open(settings.Data, ring);
    }

    /// <summary>Readable by its owner only: sealed or not, what is in it is nobody else's business.</summary>
    private static void Folder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}

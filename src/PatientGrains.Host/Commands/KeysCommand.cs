using System.CommandLine;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;
using PatientGrains.Log;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains keys list|rotate|remove|export</c>: the key ring.</summary>
internal static class KeysCommand
{
    public static Command Build() => new("keys", "Show, rotate or remove key-encryption keys, or export the public key that checkpoints are signed with.")
    {
        Common.Verb("list", "Numbers of the keys in the ring, and which one is current.", (_, settings, _) => List(settings)),
        Common.Verb("rotate", "Make a new key current and wrap every record's data key anew. The store must not be in use.", (_, settings, cancel) => Rotate(settings, cancel)),
        Remove(),
        Common.Verb("export", "Print the public key (PEM) with which anybody can check the signature of a checkpoint.", (_, settings, _) => Export(settings)),
    };

    private static Task<int> List(HostSettings settings)
    {
        using var ring = EmbeddedLog.RingOfStore(settings);
        foreach (uint key in ring.Keys)
            Common.Out.WriteLine(key == ring.CurrentKey ? $"{key}  current" : $"{key}");
        return Task.FromResult(Common.Done);
    }

    private static Command Remove()
    {
        var number = new Argument<uint>("key") { Description = "Number of a key that is not current." };
        return Common.Verb(
            "remove",
            "Remove a key after a rotation: old backups that it alone can unwrap can never be read again. The store must not be in use.",
            async (parsed, settings, cancel) =>
            {
                using var ring = EmbeddedLog.RingOfStore(settings);
                // Nothing has the store open, and nothing in it needs the key: a rotation may have been interrupted, or a server may have
                // written after it.
                await using var log = EmbeddedLog.Open(settings, ring);
                await KeyRotation.Rewrap(log, ring, cancel);
                ring.Remove(parsed.GetValue(number));
                return Common.Done;
            },
            number);
    }

    private static async Task<int> Rotate(HostSettings settings, CancellationToken cancel)
    {
        using var ring = EmbeddedLog.RingOfStore(settings);
        await using var log = EmbeddedLog.Open(settings, ring);
        uint key = ring.Rotate();
        int wrapped = await KeyRotation.Rewrap(log, ring, cancel);
        Common.Out.WriteLine($"Key {key} is current; {wrapped} data keys were wrapped anew.");
        return Common.Done;
    }

    private static Task<int> Export(HostSettings settings)
    {
        using var ring = EmbeddedLog.RingOfStore(settings);
        Common.Out.WriteLine(ring.SigningPublicKeyPem());
        return Task.FromResult(Common.Done);
    }
}

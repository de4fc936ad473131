-- What wixl has no words for; installer/msi runs a statement a line, with the version and the upgrade code
-- put in.
-- PATH: of the machine (*), removed with its component (-), the entry at the end ([~];).
CREATE TABLE `Environment` (`Environment` CHAR(72) NOT NULL, `Name` CHAR(255) NOT NULL LOCALIZABLE, `Value` CHAR(255) LOCALIZABLE, `Component_` CHAR(72) NOT NULL PRIMARY KEY `Environment`);
INSERT INTO `Environment` (`Environment`, `Name`, `Value`, `Component_`) VALUES ('Path', '=-*Path', '[~];[INSTALLDIR]', 'Client');
-- What may be said by whoever is asked to become an administrator first, and what was found before that.
UPDATE `Property` SET `Value` = 'NEWERFOUND;OLDERFOUND;SAVEDPIPE;SAVEDCONFIG;SAVEDFOLDER;SERVICEFOUND;PIPENAME;CONFIG;STARTSERVICE;REMOVECONFIG;INSTALLDIR' WHERE `Property` = 'SecureCustomProperties';
-- 769: migrates features; both ends of the range belong to it, so that another build of this version is
-- replaced and not put beside it.
INSERT INTO `Upgrade` (`UpgradeCode`, `VersionMin`, `VersionMax`, `Attributes`, `ActionProperty`) VALUES ('{@UPGRADECODE@}', '0.0.0', '@VERSION@', 769, 'OLDERFOUND');
-- Run by the system (2048), deferred (1024); when it is undone (256), whatever it returns (64). 18 is an
-- installed program, 2 the copy in this MSI: to take the service away it takes no installed program, which
-- may be gone.
UPDATE `CustomAction` SET `Type` = 3074, `Source` = 'standpiped' WHERE `Action` = 'UninstallService';
UPDATE `CustomAction` SET `Type` = 3394, `Source` = 'standpiped' WHERE `Action` = 'UndoInstallService';
UPDATE `CustomAction` SET `Type` = 3410 WHERE `Action` = 'UndoUninstallService';
UPDATE `CustomAction` SET `Type` = 3410 WHERE `Action` = 'UndoStopService';
-- A program without a version here would not replace an older one that has one. Those that have one take no
-- hash.
UPDATE `File` SET `Version` = '@VERSION@.0' WHERE `File` = 'standpiped.exe';
UPDATE `File` SET `Version` = '@VERSION@.0' WHERE `File` = 'standpipe.exe';
UPDATE `File` SET `Language` = '1033' WHERE `Version` = '@VERSION@.0';
DELETE FROM `MsiFileHash` WHERE `File_` = 'standpiped.exe';
DELETE FROM `MsiFileHash` WHERE `File_` = 'standpipe.exe';
